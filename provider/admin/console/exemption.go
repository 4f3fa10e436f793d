package console

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/templates"
)

// exemptionForm is what the policy says of a connection, or what its kind begins with.
func exemptionForm(f federation.Connection, p policy.Policy) *templates.Exemption {
	e := p.Exemption(f.ID)
	t := told(f.Kind, e)
	form := &templates.Exemption{Action: connectionPath(f.ID) + "/second-factor", Version: p.Version, Mode: string(e.Mode), Accept: string(e.Accept),
		Minutes: t.minutes, Contexts: strings.Join(t.contexts, " "), Values: strings.Join(t.values, " "), Entra: f.Kind == federation.Entra, MailApart: e.MailApart,
		Rules: described(evidenceOf(f.Kind, e))}
	if form.Accept == "" {
		form.Accept = string(mfa.GradeGood)
	}
	return form
}

// exempt saves what a sign-in there spares, as a new version of the policy.
func (c *Console) exempt(w http.ResponseWriter, r *http.Request) error {
	s, err := owner(r)
	if err != nil {
		return err
	}
	f, err := c.found(r, s)
	if err != nil {
		return err
	}
	form, posted, err := typedExemption(r, f)
	if err != nil {
		return err
	}
	current, _, err := c.read(r.Context(), s.Tenant)
	if err != nil {
		return err
	}
	next, err := exempted(form, f, current)
	if err != nil {
		return c.exemptAgain(w, r, s, f, form, current, err)
	}
	sentences := weaker(f, current.Exemption(f.ID), next.Exemption(f.ID))
	if posted["confirmed"] != "on" && len(sentences) > 0 {
		return web.Render(w, r, http.StatusOK, templates.PolicyPreview{Frame: templates.Frame{Tenant: s.TenantName, User: s.Email}, Action: r.URL.EscapedPath(),
			CancelURL: connectionPath(f.ID), Fields: hidden(posted), Sentences: sentences})
	}
	if err := c.set(r, s, current, next); err != nil {
		return c.exemptAgain(w, r, s, f, form, current, err)
	}
	return web.SeeOther(w, r, connectionPath(f.ID)+"?notice="+saved)
}

func typedExemption(r *http.Request, f federation.Connection) (form templates.Exemption, posted map[string]string, err error) {
	posted, err = web.Form(r, "version", "mode", "accept", "max_minutes", "contexts", "acr_values", "mail_apart", "confirmed")
	if err != nil {
		return form, nil, err
	}
	form = templates.Exemption{Action: r.URL.EscapedPath(), Mode: posted["mode"], Accept: posted["accept"], Contexts: posted["contexts"], Values: posted["acr_values"],
		MailApart: posted["mail_apart"] == "on", Entra: f.Kind == federation.Entra}
	if form.Version, err = number("version", posted["version"]); err != nil {
		return form, nil, err
	}
	form.Minutes, err = number("max_minutes", posted["max_minutes"])
	return form, posted, err
}

// exempted is the policy with the stand on one connection changed. Errors: policy.ErrInvalid, storage.ErrConflict.
func exempted(form templates.Exemption, f federation.Connection, current policy.Policy) (policy.Policy, error) {
	if form.Version != current.Version {
		return policy.Policy{}, fmt.Errorf("save exemption: %w: version %d is in force", storage.ErrConflict, current.Version)
	}
	if form.Minutes < 1 {
		return policy.Policy{}, fmt.Errorf("%w: how old evidence may be", policy.ErrInvalid)
	}
	e := current.Exemption(f.ID)
	e.Evidence = chosen{form.Minutes, words(form.Contexts), words(form.Values)}.evidence(f.Kind, e)
	e.Mode, e.Accept, e.MailApart = policy.Exempt(form.Mode), mfa.Grade(form.Accept), form.MailApart
	next := current
	next.Exemptions = slices.Clone(current.Exemptions)
	at := slices.IndexFunc(next.Exemptions, func(o policy.Exemption) bool { return o.Connection == f.ID })
	switch {
	case at >= 0:
		next.Exemptions[at] = e
	case e.Mode != policy.Local || e.MailApart:
		next.Exemptions = append(next.Exemptions, e)
	}
	return next, next.Validate()
}

func (c *Console) exemptAgain(w http.ResponseWriter, r *http.Request, s *session.Session, f federation.Connection, form templates.Exemption, current policy.Policy, failed error) error {
	p := c.connectionForm(s, f)
	p.Frame = templates.Frame{Tenant: s.TenantName, User: s.Email}
	form.Rules = p.Second.Rules
	p.Second = &form
	switch {
	case errors.Is(failed, policy.ErrInvalid):
		p.Error = templates.ErrorExemptionInvalid
		return web.Render(w, r, http.StatusUnprocessableEntity, p)
	case errors.Is(failed, storage.ErrConflict):
		form.Version, p.Error = current.Version, templates.ErrorPolicyConflict
		return web.Render(w, r, http.StatusConflict, p)
	}
	return failed
}

// leniency orders the stands.
var leniency = map[policy.Exempt]int{policy.Local: 0, policy.ByEvidence: 1, policy.Skip: 2}

// weaker says in what the new stand asks for less than the old one.
func weaker(f federation.Connection, was, is policy.Exemption) []templates.Passage {
	var out []templates.Passage
	say := func(key string) {
		out = append(out, templates.Passage{Key: key, Data: map[string]any{"Connection": f.Name, "Grade": string(is.Accept)}})
	}
	both, old, next := was.Mode == policy.ByEvidence && is.Mode == policy.ByEvidence, told(f.Kind, was), told(f.Kind, is)
	switch {
	case is.Mode == policy.Skip && leniency[was.Mode] < leniency[is.Mode]:
		say(templates.PreviewSkip)
	case is.Mode == policy.ByEvidence && leniency[was.Mode] < leniency[is.Mode], both && next.beyond(old):
		say(templates.PreviewEvidence)
	}
	if both && is.Accept != was.Accept && was.Accept.AtLeast(is.Accept) {
		say(templates.PreviewAccept)
	}
	if is.MailApart && !was.MailApart {
		say(templates.PreviewMailApart)
	}
	return out
}
