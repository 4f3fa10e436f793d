package signin

import (
	"errors"
	"net/http"
	"slices"

	"sallyport/provider/attempt"
	"sallyport/provider/federation"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
	"sallyport/templates"
)

// canConnect: where a first proof is asked for, and where one connection is to prove more.
func canConnect(v *visit) bool {
	return v.step == attempt.StepIdentify || v.step == attempt.StepPassword || v.step == attempt.StepUpstream
}

// connections are those that a person may choose from: none before the tenant is known, for that would tell of an account.
func (s *SignIn) connections(v *visit) ([]federation.Connection, error) {
	if v.a.Tenant.IsZero() || v.a.Facts.TenantBy == attempt.ByAddress {
		return nil, nil
	}
	return s.Connections.Of(v.r.Context(), v.a.Tenant)
}

func (s *SignIn) connects(v *visit) ([]templates.Connect, error) {
	all, err := s.connections(v)
	var out []templates.Connect
	for _, c := range all {
		out = append(out, templates.Connect{Label: c.Name, Kind: string(c.Kind), Value: c.ID.String()})
	}
	return out, err
}

// required is the connection that this step is about, zero where the person chooses.
func (v *visit) required() id.Connection {
	switch {
	case v.step != attempt.StepUpstream:
		return id.Connection{}
	case v.a.Purpose == attempt.Test || v.links():
		return v.a.Request.Connection
	}
	return v.d.Upstream
}

// links: all is proven that connecting an identity takes. Before that a round trip is a sign-in like any other, or whoever
// finds a browser unattended would connect an identity of their own (gauntlet G03).
func (v *visit) links() bool {
	return v.a.Purpose == attempt.Link && v.step == attempt.StepUpstream && v.d.Satisfied()
}

// failure is why the last round trip came to nothing, until there is another.
func (v *visit) failure() string {
	if u := v.a.Facts.Upstream; u != nil && u.State == nil {
		return u.Failed
	}
	return ""
}

// automatic is the connection to go to without asking: once, so that nobody is sent round in circles.
func (s *SignIn) automatic(v *visit) (id.Connection, error) {
	begun := v.a.Facts.Upstream
	if v.step == attempt.StepUpstream {
		if begun != nil && (begun.State != nil || begun.Failed != "") {
			return id.Connection{}, nil
		}
		return v.required(), nil
	}
	if begun != nil && v.aged(*begun) {
		return begun.Connection, nil
	}
	if begun != nil || !canConnect(v) {
		return id.Connection{}, nil
	}
	if v.a.Purpose == attempt.Authorize && !v.a.Request.Connection.IsZero() {
		return v.a.Request.Connection, nil
	}
	if v.a.Policy == nil || !v.a.Policy.NoPasswords || v.step != attempt.StepIdentify {
		return id.Connection{}, nil
	}
	// Without passwords and with one connection there is nothing to choose.
	all, err := s.connections(v)
	if err != nil || len(all) != 1 {
		return id.Connection{}, err
	}
	return all[0].ID, nil
}

// aged: the sign-in upstream is good but too old for what comes next, such as setting up a second factor. The provider is
// asked once to see the person anew.
func (v *visit) aged(begun attempt.Upstream) bool {
	return v.step == attempt.StepPassword && v.d.First && begun.State == nil && begun.Failed == "" && !begun.Reauth && len(v.a.Facts.Proofs) > 0
}

func (s *SignIn) showUpstream(v *visit) error {
	c, err := s.Connections.Find(v.r.Context(), v.a.Tenant, v.required())
	if errors.Is(err, storage.ErrNotFound) {
		return web.ErrExpired // it was disabled meanwhile
	}
	if err != nil {
		return err
	}
	page := templates.Upstream{Frame: v.failing(v.failure()), Action: v.path("upstream"), Label: c.Name, Kind: string(c.Kind), Why: "evidence"}
	if v.a.Purpose == attempt.Test || v.links() {
		page.Why, page.BackURL = string(v.a.Purpose), v.a.Request.ReturnTo
	}
	return show(v, page, page.Error)
}

// connect goes to the connection that was chosen, or to the one that this step is about.
func (s *SignIn) connect(v *visit) error {
	form, err := web.Form(v.r, "connection")
	if err != nil {
		return err
	}
	if named := v.required(); !named.IsZero() {
		return s.leave(v, named)
	}
	all, err := s.connections(v)
	if err != nil {
		return err
	}
	// What the page did not offer is no choice: of a tenant that only the address has led to, an answer would tell that it has
	// an account there (gauntlet J01).
	i := slices.IndexFunc(all, func(c federation.Connection) bool { return c.ID.String() == form["connection"] })
	if i < 0 {
		return s.redirect(v)
	}
	return s.leave(v, all[i].ID)
}

// leave sends the browser to a connection of the tenant; to one that is none, or is disabled, it sends nobody.
func (s *SignIn) leave(v *visit, named id.Connection) error {
	c, err := s.Connections.Find(v.r.Context(), v.a.Tenant, named)
	if errors.Is(err, storage.ErrNotFound) {
		return s.fail(v, named, templates.ErrorUpstreamFailed, "disabled")
	}
	if err != nil {
		return err
	}
	address, err := s.ask(v, c)
	if err != nil {
		key, reason := refusalOf(err)
		web.EventFrom(v.r.Context()).Set("upstream_error", err.Error())
		return s.fail(v, named, key, reason)
	}
	if err := s.write(v, nothing); err != nil {
		return err
	}
	return web.Render(v.w, v.r, http.StatusOK, templates.Leaving{Frame: v.frame(), Label: c.Name, Address: address})
}

// fail notes why a round trip came to nothing, as a fact and on record, and goes back to where another way can be chosen.
func (s *SignIn) fail(v *visit, c id.Connection, key, reason string) error {
	failed := attempt.Upstream{Connection: c, At: v.now, Tries: 1, Failed: key}
	if before := v.a.Facts.Upstream; before != nil {
		failed.Tries, failed.Asked = before.Tries, before.Asked
	}
	v.a.Facts.Upstream = &failed
	if v.a.Purpose == attempt.Test {
		v.a.Facts.Tested = &attempt.Tested{Failed: key, Detail: reason}
	}
	e := audit.Event{Kind: audit.UpstreamFailed, At: v.now, Actor: audit.Anyone, Origin: s.origin(v.r),
		Detail: map[string]any{"attempt": v.a.ID, "connection": c, "reason": reason}}
	if v.a.User != nil {
		e.Target = audit.OnUser(*v.a.User)
	}
	return s.advance(v, func(tx *storage.Tx) error { return audit.Record(v.r.Context(), tx, v.a.Tenant, e) })
}
