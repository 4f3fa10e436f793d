package console

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sallyport/mfa"
	"sallyport/provider/explain"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage/id"
	"sallyport/templates"
)

// moment is how a browser writes a time in a field.
const moment = "2006-01-02T15:04"

// levels are what an application can ask for.
var levels = map[string]mfa.Level{"": mfa.None, "2sv": mfa.TwoStep, "aal2": mfa.AAL2, "phr": mfa.PhishingResistant}

// errQuestion says that a question cannot be understood.
var errQuestion = errors.New("question")

func (c *Console) whatIf(w http.ResponseWriter, r *http.Request) error {
	s, err := administrator(r)
	if err != nil {
		return err
	}
	return c.whatIfPage(w, r, http.StatusOK, s, templates.WhatIf{Person: r.URL.Query().Get("person"), At: c.config.Now().UTC().Format(moment)})
}

func (c *Console) whatIfPage(w http.ResponseWriter, r *http.Request, status int, s *session.Session, p templates.WhatIf) (err error) {
	problem := p.Error
	p.Frame = frame(s, r)
	p.Error, p.Action, p.BackURL = problem, whatIfPath, "/admin"
	if p.Clients, err = c.clients(r, s); err != nil {
		return err
	}
	if p.Connections, err = c.choices(r, s); err != nil {
		return err
	}
	return web.Render(w, r, status, p)
}

func (c *Console) clients(r *http.Request, s *session.Session) ([]templates.Option, error) {
	rows, err := c.config.Store.Tenant(s.Tenant).ListClients(r.Context(), s.Tenant)
	if err != nil {
		return nil, fmt.Errorf("list clients: %w", err)
	}
	var out []templates.Option
	for _, row := range rows {
		if !row.Disabled {
			out = append(out, templates.Option{Value: row.ID, Label: cmp.Or(row.Name, row.ID)})
		}
	}
	return out, nil
}

func (c *Console) answerWhatIf(w http.ResponseWriter, r *http.Request) error {
	s, form, err := filled(r, "person", "client", "connection", "amr", "acr", "acrs", "auth_minutes", "address", "at", "level")
	if err != nil {
		return err
	}
	p := templates.WhatIf{Person: strings.TrimSpace(form["person"]), Client: form["client"], Connection: form["connection"], AMR: form["amr"], ACR: form["acr"], Contexts: form["acrs"],
		Minutes: form["auth_minutes"], Address: form["address"], At: form["at"], Level: form["level"]}
	q, err := c.question(r, s, p)
	switch {
	case errors.Is(err, errNobody):
		p.Error = templates.ErrorPersonUnknown
		return c.whatIfPage(w, r, http.StatusUnprocessableEntity, s, p)
	case errors.Is(err, errQuestion):
		p.Error = templates.ErrorWhatIfInvalid
		return c.whatIfPage(w, r, http.StatusUnprocessableEntity, s, p)
	case err != nil:
		return err
	}
	v, err := explain.WhatIf(r.Context(), c.config.Store, s.Tenant, q, c.config.Now())
	if err != nil {
		return err
	}
	p.Asked, p.Sentences, p.Rule = true, passages(v.Sentences), v.Rule
	return c.whatIfPage(w, r, http.StatusOK, s, p)
}

// question reads what was typed. Errors: errQuestion, errNobody.
func (c *Console) question(r *http.Request, s *session.Session, p templates.WhatIf) (q explain.Question, err error) {
	level, known := levels[p.Level]
	if q.Level = level; !known {
		return q, errQuestion
	}
	if q.Client, err = c.client(r, s, p.Client); err != nil {
		return q, err
	}
	if p.Address != "" {
		if q.Address, err = netip.ParseAddr(strings.TrimSpace(p.Address)); err != nil {
			return q, errQuestion
		}
	}
	if q.At, err = at(p.At, c.config.Now()); err != nil {
		return q, err
	}
	if q.Connection, q.Evidence, err = c.claimed(r, s, p, q.At); err != nil {
		return q, err
	}
	q.User, err = c.byAddress(r.Context(), s.Tenant, p.Person)
	return q, err
}

func (c *Console) client(r *http.Request, s *session.Session, typed string) (string, error) {
	all, err := c.clients(r, s)
	if err == nil && typed != "" && !slices.ContainsFunc(all, func(o templates.Option) bool { return o.Value == typed }) {
		err = errQuestion
	}
	return typed, err
}

// at: a field that was emptied is now.
func at(typed string, now time.Time) (time.Time, error) {
	if typed == "" {
		return now, nil
	}
	for _, layout := range []string{moment, moment + ":05"} {
		if t, err := time.Parse(layout, typed); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errQuestion
}

// claimed is what the provider is supposed to say; of a password nobody says anything.
func (c *Console) claimed(r *http.Request, s *session.Session, p templates.WhatIf, now time.Time) (to id.Connection, u mfa.Upstream, err error) {
	if p.Connection == "" {
		return to, u, nil
	}
	all, err := c.choices(r, s)
	if err != nil {
		return to, u, err
	}
	if to.Parse(p.Connection) != nil || !slices.ContainsFunc(all, func(o templates.Option) bool { return o.Value == p.Connection }) {
		return to, u, errQuestion
	}
	u = mfa.Upstream{Connection: to, AMR: strings.Join(words(p.AMR), " "), ACR: strings.TrimSpace(p.ACR), ACRS: strings.Join(words(p.Contexts), " ")}
	if p.Minutes != "" {
		n, err := number("auth_minutes", p.Minutes)
		if err != nil || n < 0 {
			return to, u, errQuestion
		}
		u.Time = now.Add(-time.Duration(n) * time.Minute)
	}
	return to, u, nil
}
