package policy

import (
	"fmt"
	"slices"
	"time"

	"sallyport/mfa"
)

// most is how long the lists of a rule, and of rules, may be: every decision reads them.
const most, mostBreakGlass = 100, 200

const hour, day = 3600, 24 * 3600

// Validate reports whether the policy can be followed. Errors wrap ErrInvalid.
func (p Policy) Validate() error {
	for _, check := range []func() error{p.validateMode, p.validateAges, p.validateEnrolment, p.AccessCode.validate, p.WebAuthn.validate,
		p.validateTexts, p.validateRules, p.validateBreakGlass,
		p.validateExemptions} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func (p Policy) validateMode() error {
	switch {
	case p.SecondFactor != Off && p.SecondFactor != Optional && p.SecondFactor != Required:
		return invalid("second_factor must be off, optional or required")
	case p.SecondFactor == Required && len(p.Methods) == 0:
		return invalid("a required second factor needs a method")
	case slices.ContainsFunc(p.Methods, func(k mfa.Kind) bool { return !k.Enrolled() }):
		return invalid("unknown method")
	}
	return nil
}

func (p Policy) validateAges() error {
	for _, a := range []struct {
		name             string
		age, least, most Seconds
	}{
		{"session_seconds", p.Session, 60, 90 * day},
		{"idle_seconds", p.Idle, 60, 90 * day},
		{"step_up_seconds", p.StepUp, 60, 90 * day},
		{"code_seconds", p.CodeLife, 30, 600},
		{"trusted_device_seconds", p.TrustedDevice, hour, 90 * day},
	} {
		if never := a.age == 0 && a.name == "trusted_device_seconds"; !never && (a.age < a.least || a.age > a.most) {
			return invalid("%s must be between %v and %v", a.name, a.least.Duration(), a.most.Duration())
		}
	}
	return nil
}

// validateEnrolment bounds the date, so that a slip of the keyboard does not put enrolment off for ever; JSON could not
// even write the year 10000.
func (p Policy) validateEnrolment() error {
	switch year := p.EnrolUntil.Year(); {
	case p.EnrolSkips < 0 || p.EnrolSkips > 100:
		return invalid("enrol_skips must be between 0 and 100")
	case !p.EnrolUntil.IsZero() && (year < 2020 || year > 2100):
		return invalid("enrol_until must be a date between 2020 and 2100")
	}
	return nil
}

func (a AccessCodes) validate() error {
	minute := Seconds(time.Minute / time.Second)
	switch {
	case a.Length < 8 || a.Length > 32:
		return invalid("access_codes.length must be between 8 and 32 symbols")
	case a.Life < 5*minute || a.Life > 7*day:
		return invalid("access_codes.life_seconds must be between 5 minutes and 7 days")
	case a.Uses < 1 || a.Uses > 10:
		return invalid("access_codes.uses must be between 1 and 10")
	case a.Enabled && len(a.Issuers) == 0:
		return invalid("access codes need somebody who may issue them")
	}
	return set("access_codes.issuers", a.Issuers, func(r string) bool { return r == "admin" || r == "owner" })
}

func (w WebAuthn) validate() error {
	if len(w.AAGUIDs) > 0 && !w.Attestation {
		return invalid("models of security keys are known by attestation only")
	}
	return set("webauthn.aaguids", w.AAGUIDs, canonicalUUID)
}

func (p Policy) validateTexts() error {
	if slices.Contains(p.Methods, mfa.SMS) && len(p.SMSCountries) == 0 {
		return invalid("text messages need sms_countries")
	}
	return set("sms_countries", p.SMSCountries, func(c string) bool {
		return len(c) == 2 && c[0] >= 'A' && c[0] <= 'Z' && c[1] >= 'A' && c[1] <= 'Z'
	})
}

func (p Policy) validateBreakGlass() error {
	if len(p.BreakGlass) > mostBreakGlass {
		return invalid("break_glass names more than %d people", mostBreakGlass)
	}
	for i, u := range p.BreakGlass {
		if u.IsZero() || slices.Contains(p.BreakGlass[:i], u) {
			return invalid("break_glass names nobody, or somebody twice")
		}
	}
	return nil
}
