package signin

import (
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"sallyport/mfa"
	"sallyport/provider/notify/sms"
	"sallyport/provider/web"
	"sallyport/templates"
)

func (s *SignIn) phonePage(v *visit, f templates.Frame, number, country, failed string) error {
	p := templates.EnrolPhone{Frame: f, Action: v.path("enrol"), Number: number, Country: country, OthersURL: s.others(v), Skip: v.skip(), CancelURL: v.cancel()}
	for _, c := range v.a.Policy.SMSCountries {
		p.Countries = append(p.Countries, templates.Country{Code: c, Name: v.countryName(c), Prefix: sms.Dial(c)})
	}
	return show(v, p, failed)
}

// countryName is what the person calls the country.
func (v *visit) countryName(region string) string {
	r, err := language.ParseRegion(region)
	if err != nil {
		return region
	}
	return display.Regions(web.Language(v.r)).Name(r)
}

// phone takes a number, which counts only when a code sent to it comes back. Numbers of countries the tenant does not
// text to, and those that cost whoever calls them, are refused before anything is sent (gauntlet J05).
func (s *SignIn) phone(v *visit) error {
	form, err := web.Form(v.r, "number", "country")
	if err != nil {
		return err
	}
	again := func(key string) error {
		return s.phonePage(v, v.failing(key), form["number"], form["country"], key)
	}
	number, region, err := sms.Number(form["number"], form["country"])
	if err != nil {
		return again(templates.ErrorNumberInvalid)
	}
	if !slices.Contains(v.a.Policy.SMSCountries, region) {
		return again(templates.ErrorNumberCountry)
	}
	return s.begunWith(v, number)
}

// begunWith keeps the number for this attempt and sends the first code to it.
func (s *SignIn) begunWith(v *visit, number string) error {
	e := v.a.Facts.Enrolment
	sealed, err := s.Seal.Seal(secretOf(v.a.Tenant, e.Factor), []byte(number))
	if err != nil {
		return err
	}
	e.Secret = sealed
	err = s.dispatch(v, way{mfa.SMS, e.Factor})
	if f, ok := v.throttled(err); ok {
		e.Secret, f.Error = nil, templates.ErrorSendThrottled
		return s.phonePage(v, f, number, "", templates.ErrorThrottled)
	}
	return err
}
