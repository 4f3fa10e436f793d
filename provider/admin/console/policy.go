package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/session"
	"sallyport/provider/tenant"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

const (
	saved = "policy-saved"
	try   = "try" // the button that has a policy only watched
)

func (c *Console) show(w http.ResponseWriter, r *http.Request) error {
	s, err := owner(r)
	if err != nil {
		return err
	}
	current, history, err := c.read(r.Context(), s.Tenant)
	if err != nil {
		return err
	}
	form := fields(current)
	if form.BreakGlass, err = c.addresses(r.Context(), s.Tenant, current.BreakGlass); err != nil {
		return err
	}
	form.Notice = notices[r.URL.Query().Get("notice")]
	return c.page(w, r, http.StatusOK, s, form, history)
}

// read is the policy in force and the versions up to it, newest first.
func (c *Console) read(ctx context.Context, t id.Tenant) (policy.Policy, []db.ListPolicyVersionsRow, error) {
	history, err := c.config.Store.Tenant(t).ListPolicyVersions(ctx, t)
	if err == nil && len(history) == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return policy.Policy{}, nil, fmt.Errorf("read policy versions: %w", err)
	}
	current, err := policy.Parse(int(history[0].Version), history[0].Document)
	return current, history, err
}

func (c *Console) page(w http.ResponseWriter, r *http.Request, status int, s *session.Session, form templates.Policy, history []db.ListPolicyVersionsRow) error {
	connections, err := federation.List(r.Context(), c.config.Store, s.Tenant)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, f := range connections {
		names[f.ID.String()] = f.Name
	}
	form.Tenant, form.User = s.TenantName, s.Email
	form.Action, form.BackURL, form.History = "/admin/policy", "/admin", versions(history, names)
	form.PasswordsChoice, form.TryName = usable(connections), try
	return web.Render(w, r, status, form)
}

// usable reports whether people can sign in anywhere else.
func usable(connections []federation.Connection) bool {
	return slices.ContainsFunc(connections, func(f federation.Connection) bool { return !f.Disabled })
}

func (c *Console) save(w http.ResponseWriter, r *http.Request) error {
	s, err := owner(r)
	if err != nil {
		return err
	}
	form, posted, err := typed(r)
	if err != nil {
		return err
	}
	current, _, err := c.read(r.Context(), s.Tenant)
	if err != nil {
		return err
	}
	next, err := c.next(r, s, form, current)
	if err != nil {
		return c.answer(w, r, s, form, err)
	}
	if posted[try] == "on" {
		return c.beginFrom(w, r, s, form, next)
	}
	if posted["confirmed"] != "on" {
		e, err := c.effect(r, s, current, next)
		if err != nil {
			return err
		}
		if loosens(current, next, e) {
			return c.preview(w, r, s, posted, append(e.sentences(), opened(current, next)...))
		}
	}
	return c.answer(w, r, s, form, c.set(r, s, current, next))
}

// answer turns what came of it into a page.
func (c *Console) answer(w http.ResponseWriter, r *http.Request, s *session.Session, form templates.Policy, err error) error {
	switch {
	case errors.Is(err, errNoWayIn):
		return c.again(w, r, http.StatusUnprocessableEntity, s, form, templates.ErrorNoWayIn)
	case errors.Is(err, policy.ErrInvalid):
		return c.again(w, r, http.StatusUnprocessableEntity, s, form, templates.ErrorPolicyInvalid)
	case errors.Is(err, storage.ErrConflict):
		return c.again(w, r, http.StatusConflict, s, form, templates.ErrorPolicyConflict)
	case err != nil:
		return err
	}
	return web.SeeOther(w, r, "/admin/policy?notice="+saved)
}

// next is what was typed as a policy that can be followed. It refuses any version but the one in force, a later one too:
// versions leave no gaps. Between this look and the write, the key of the table refuses the slower of two.
func (c *Console) next(r *http.Request, s *session.Session, form templates.Policy, current policy.Policy) (policy.Policy, error) {
	if form.Version != current.Version {
		return policy.Policy{}, fmt.Errorf("save policy: %w: version %d is in force", storage.ErrConflict, current.Version)
	}
	next, err := document(form, current)
	if err != nil {
		return policy.Policy{}, err
	}
	if next.BreakGlass, err = c.glass(r.Context(), s.Tenant, form.BreakGlass, current.BreakGlass); err != nil {
		return policy.Policy{}, err
	}
	if err := next.Validate(); err != nil {
		return policy.Policy{}, err
	}
	return next, c.wayIn(r.Context(), s.Tenant, next)
}

// errNoWayIn: without passwords, and with nobody who could let people in when the provider cannot, everybody is locked out.
var errNoWayIn = errors.New("passwords are turned off with nothing in their place")

func (c *Console) wayIn(ctx context.Context, t id.Tenant, next policy.Policy) error {
	if !next.NoPasswords {
		return nil
	}
	connections, err := federation.List(ctx, c.config.Store, t)
	if err == nil && (!usable(connections) || len(next.BreakGlass) == 0) {
		err = errNoWayIn
	}
	return err
}

func (c *Console) set(r *http.Request, s *session.Session, current, next policy.Policy) error {
	if bytes.Equal(next.Encode(), current.Encode()) {
		return nil
	}
	return tenant.SetPolicy(r.Context(), c.config.Store, s.Tenant, next, audit.User(s.User), &s.User, c.origin(r), c.config.Now())
}

// again shows what was typed once more, above the history as it is now. The form is then made from the version
// in force: whoever has read the message may replace it.
func (c *Console) again(w http.ResponseWriter, r *http.Request, status int, s *session.Session, form templates.Policy, problem string) error {
	current, history, err := c.read(r.Context(), s.Tenant)
	if err != nil {
		return err
	}
	if problem == templates.ErrorPolicyConflict {
		form.Version = current.Version
	}
	form.Error = problem
	return c.page(w, r, status, s, form, history)
}
