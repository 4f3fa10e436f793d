package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/web"
	"sallyport/templates"
)

const (
	hour   = policy.Seconds(time.Hour / time.Second)
	minute = policy.Seconds(time.Minute / time.Second)
)

// fields is the policy as the form shows it.
func fields(p policy.Policy) templates.Policy {
	return templates.Policy{
		Mode: string(p.SecondFactor), Methods: methods(func(k mfa.Kind) bool { return slices.Contains(p.Methods, k) }),
		EnrolWithPassword: p.EnrolWithPassword, SessionHours: whole(p.Session, hour), IdleMinutes: whole(p.Idle, minute),
		StepUpMinutes: whole(p.StepUp, minute), Version: p.Version,
	}
}

func methods(checked func(mfa.Kind) bool) []templates.Method {
	var out []templates.Method
	for _, k := range mfa.Kinds() {
		out = append(out, templates.Method{Name: string(k), Checked: checked(k)})
	}
	return out
}

// typed reads the form. Errors are of web.Form, or web.ErrBadRequest for what no page of ours sends.
func typed(r *http.Request) (templates.Policy, error) {
	names := []string{"mode", "enrol_with_password", "session_hours", "idle_minutes", "step_up_minutes", "version"}
	for _, k := range mfa.Kinds() {
		names = append(names, "method_"+string(k))
	}
	form, err := web.Form(r, names...)
	if err != nil {
		return templates.Policy{}, err
	}
	out := templates.Policy{Mode: form["mode"], EnrolWithPassword: form["enrol_with_password"] == "on",
		Methods: methods(func(k mfa.Kind) bool { return form["method_"+string(k)] == "on" })}
	numbers := map[string]*int{"session_hours": &out.SessionHours, "idle_minutes": &out.IdleMinutes,
		"step_up_minutes": &out.StepUpMinutes, "version": &out.Version}
	for name, to := range numbers {
		// 32 bits hold every version, and as many hours fit into seconds without overflow.
		n, err := strconv.ParseInt(form[name], 10, 32)
		if err != nil {
			return templates.Policy{}, fmt.Errorf("%w: %s is not a number", web.ErrBadRequest, name)
		}
		*to = int(n)
	}
	return out, nil
}

// document is the version that would follow the current one.
func document(f templates.Policy, current policy.Policy) policy.Policy {
	next := policy.Policy{Version: current.Version, SecondFactor: policy.Mode(f.Mode), EnrolWithPassword: f.EnrolWithPassword, Methods: []mfa.Kind{},
		Session: age(f.SessionHours, hour, current.Session), Idle: age(f.IdleMinutes, minute, current.Idle), StepUp: age(f.StepUpMinutes, minute, current.StepUp)}
	for _, m := range f.Methods {
		if m.Checked {
			next.Methods = append(next.Methods, mfa.Kind(m.Name))
		}
	}
	return next
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
