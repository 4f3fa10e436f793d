package signin

import (
	"net/url"
	"slices"

	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/templates"
)

func (s *SignIn) showConsent(v *visit) error {
	p := templates.Consent{Frame: v.frame(), Action: v.path("consent"), Client: v.a.ClientName, ClientHost: host(v.a.Request.RedirectURI), Scopes: v.a.Request.Scopes}
	for _, scope := range p.Scopes {
		if !slices.Contains(v.a.Consented, scope) {
			p.NewScopes = append(p.NewScopes, scope)
		}
	}
	return show(v, p, "")
}

func host(redirectURI string) string {
	u, err := url.Parse(redirectURI)
	if err != nil {
		return ""
	}
	return u.Host
}

// consent takes one of two words; anything else asks again (gauntlet A04, E12).
func (s *SignIn) consent(v *visit) error {
	form, err := web.Form(v.r, "decision")
	if err != nil {
		return err
	}
	switch form["decision"] {
	case "allow":
		v.a.Facts.Consent = v.a.Request.Scopes
		return s.advance(v, nothing)
	case "deny":
		v.a.Facts.Denied = true
		return s.advance(v, func(tx *storage.Tx) error {
			return audit.Record(v.r.Context(), tx, v.a.Tenant, audit.Event{Kind: audit.SignInDenied, At: v.now, Actor: audit.User(*v.a.User),
				Target: audit.OnUser(*v.a.User), Origin: s.origin(v.r), Detail: map[string]any{"client": v.a.ClientID, "attempt": v.a.ID}})
		})
	}
	return s.showConsent(v)
}
