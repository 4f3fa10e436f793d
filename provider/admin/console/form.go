package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/web"
	"sallyport/templates"
)

const (
	day    = policy.Seconds(24 * time.Hour / time.Second)
	hour   = policy.Seconds(time.Hour / time.Second)
	minute = policy.Seconds(time.Minute / time.Second)
	second = policy.Seconds(1)
)

// rows is how many rules the form can bring: as many as a policy may have, and the blank one.
const rows = 101

// switches are the boxes that post "on", texts what is kept as typed, numbers what must be one.
func switches(f *templates.Policy) map[string]*bool {
	out := map[string]*bool{"enrol_with_password": &f.EnrolWithPassword, "forget_enrolled": &f.ForgetEnrolled, "access_enabled": &f.Access.Enabled,
		"access_admins": &f.Access.Admins, "key_verify": &f.KeyVerify, "key_attest": &f.KeyAttest, "no_passwords": &f.NoPasswords, "reset_outside": &f.ResetOutside}
	for i := range f.Methods {
		out["method_"+f.Methods[i].Name] = &f.Methods[i].Checked
	}
	return out
}

func texts(f *templates.Policy) map[string]*string {
	out := map[string]*string{"mode": &f.Mode, "enrol_until": &f.EnrolUntil, "sms_countries": &f.SMSCountries, "key_models": &f.KeyModels,
		"break_glass": &f.BreakGlass}
	for n := range f.Rules {
		r, prefix := &f.Rules[n], "rule_"+strconv.Itoa(n)+"_"
		for name, to := range map[string]*string{"name": &r.Name, "level": &r.Level, "roles": &r.Roles, "domains": &r.Domains, "clients": &r.Clients,
			"networks": &r.Networks, "outside": &r.Outside} {
			out[prefix+name] = to
		}
	}
	return out
}

func numbers(f *templates.Policy) map[string]*int {
	return map[string]*int{"session_hours": &f.SessionHours, "idle_minutes": &f.IdleMinutes, "step_up_minutes": &f.StepUpMinutes,
		"trusted_days": &f.TrustedDays, "code_seconds": &f.CodeSeconds, "enrol_skips": &f.EnrolSkips, "access_length": &f.Access.Length,
		"access_minutes": &f.Access.Minutes, "access_uses": &f.Access.Uses, "version": &f.Version}
}

// emptied are the numbers that the page lets one leave empty.
var emptied = []string{"enrol_skips", "access_length", "access_minutes", "access_uses"}

// typed reads the form; posted is what a page that asks first has to post again. Errors are of web.Form, or web.ErrBadRequest
// for what no page of ours sends.
func typed(r *http.Request) (f templates.Policy, posted map[string]string, err error) {
	f = templates.Policy{Methods: methods(func(mfa.Kind) bool { return false }), Rules: make([]templates.Rule, rows)}
	boxes, words, counts := switches(&f), texts(&f), numbers(&f)
	posted, err = web.Form(r, slices.Concat(keys(boxes), keys(words), keys(counts), []string{"confirmed", try})...)
	if err != nil {
		return f, nil, err
	}
	for name, to := range boxes {
		*to = posted[name] == "on"
	}
	for name, to := range words {
		*to = posted[name]
	}
	for name, to := range counts {
		if *to, err = number(name, posted[name]); err != nil {
			return f, nil, err
		}
	}
	f.Rules = slices.DeleteFunc(f.Rules, func(r templates.Rule) bool { return strings.TrimSpace(r.Name) == "" })
	return f, posted, nil
}

func keys[T any](of map[string]T) (names []string) {
	for name := range of {
		names = append(names, name)
	}
	return names
}

// number: 32 bits hold every version, and as many days fit into seconds without overflow.
func number(name, typed string) (int, error) {
	if typed == "" && slices.Contains(emptied, name) {
		return 0, nil
	}
	n, err := strconv.ParseInt(typed, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%w: %s is not a number", web.ErrBadRequest, name)
	}
	return int(n), nil
}

func methods(checked func(mfa.Kind) bool) []templates.Method {
	var out []templates.Method
	for _, k := range mfa.Kinds() {
		out = append(out, templates.Method{Name: string(k), Checked: checked(k)})
	}
	return out
}

// whole is an age in the unit of its field, rounded up.
func whole(s, unit policy.Seconds) int { return int((s + unit - 1) / unit) }

// age keeps the seconds of an age that was not touched: the command line can set what the field only rounds.
func age(typed int, unit, current policy.Seconds) policy.Seconds {
	if typed == whole(current, unit) {
		return current
	}
	return policy.Seconds(typed) * unit
}
