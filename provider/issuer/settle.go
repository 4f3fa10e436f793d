package issuer

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"sallyport/provider/attempt"
	"sallyport/provider/domain"
	"sallyport/provider/session"
	"sallyport/storage"
	"sallyport/storage/id"
)

// settle finds the tenant and the session that the sign-in starts from.
func (i *Issuer) settle(r *http.Request, a *asked) error {
	t, by, err := i.tenantOf(r.Context(), a)
	if err != nil {
		return err
	}
	if a.home != t {
		a.request.Connection, a.request.Domain = id.Connection{}, ""
	}
	a.start = attempt.Start{Tenant: t, TenantBy: by, Purpose: attempt.Authorize, ClientID: a.client.ID, Request: a.request, Life: i.AttemptLife}
	if a.prompts("select_account") {
		return nil // nobody is brought: the person says who they are
	}
	s, err := i.brought(r, a)
	if err != nil || s == nil {
		return err
	}
	if t == id.Lobby {
		a.start.Tenant, a.start.TenantBy = s.Tenant, attempt.BySession
	}
	a.start.User, a.start.Session = &s.User, &s.ID
	return nil
}

// tenantOf reads the tenant from the client, the request, or the ID token it brings; otherwise it is open.
func (i *Issuer) tenantOf(ctx context.Context, a *asked) (id.Tenant, string, error) {
	named, err := i.named(ctx, a)
	if err != nil {
		return id.Lobby, "", err
	}
	if a.client.TenantID == id.Lobby && named == id.Lobby {
		named = a.home
	}
	owner := a.client.TenantID
	switch {
	case owner == id.Lobby && named == id.Lobby:
		return id.Lobby, "", nil
	case owner == id.Lobby:
		return named, attempt.ByRequest, nil
	case named != id.Lobby && named != owner:
		return id.Lobby, "", invalidRequest("this client belongs to another tenant")
	}
	return owner, attempt.ByClient, nil
}

// named is the tenant that the request names, the lobby when it names none.
func (i *Issuer) named(ctx context.Context, a *asked) (id.Tenant, error) {
	if err := i.home(ctx, a); err != nil {
		return id.Lobby, err
	}
	name := a.values.Get("tenant")
	if name == "" && a.home == id.Lobby {
		name = a.values.Get("domain_hint")
	}
	if name == "" && a.hint != nil {
		name = a.hint.TID
	}
	if name == "" {
		return id.Lobby, nil
	}
	t, err := i.Tenants.Find(ctx, name)
	if errors.Is(err, storage.ErrNotFound) {
		return id.Lobby, invalidRequest("the tenant is not known here")
	}
	return t.ID, err
}

// home reads a domain_hint, or the domain of a login_hint, that a tenant has proven: whose people they are, and where those sign
// in. A hint is no word of theirs, so what it leads to must agree with the tenant that is named.
func (i *Issuer) home(ctx context.Context, a *asked) error {
	hint := strings.ToLower(bounded(a.values.Get("domain_hint"), 253))
	if hint == "" {
		hint = domain.Of(a.request.LoginHint)
	}
	if hint == "" {
		return nil
	}
	t, c, ok, err := i.Connections.Domain(ctx, hint)
	if err == nil && ok {
		a.home, a.request.Connection, a.request.Domain = t, c, hint
	}
	return err
}

// brought is the one session of the browser that fits the request. Between two that fit nobody can choose
// but the person.
func (i *Issuer) brought(r *http.Request, a *asked) (*session.Session, error) {
	var found *session.Session
	for _, ref := range i.sessions(r) {
		if a.start.Tenant != id.Lobby && ref.Secret.Tenant != a.start.Tenant {
			continue
		}
		s, err := session.Load(r.Context(), i.Store, ref, a.now)
		if errors.Is(err, storage.ErrNotFound) || err == nil && !a.request.Subject.IsZero() && s.User != a.request.Subject {
			continue
		}
		if err != nil {
			return nil, err
		}
		if found != nil {
			return nil, nil
		}
		found = s
	}
	return found, nil
}
