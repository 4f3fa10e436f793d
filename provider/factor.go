package provider

import (
	"errors"

	"sallyport/mfa"
	"sallyport/mfa/backup"
	"sallyport/mfa/code"
	"sallyport/mfa/recovery"
	"sallyport/mfa/totp"
	"sallyport/mfa/webauthn"
	"sallyport/provider/gate"
	"sallyport/provider/notify"
	access "sallyport/provider/recovery"
	"sallyport/provider/signin"
	"sallyport/provider/user"
	"sallyport/storage/seal"
	"sallyport/templates"
)

// flow gathers the factors: what is not in this list is no factor.
func (p *Provider) flow(c Config, g *gate.Gate) (*signin.SignIn, error) {
	peppers, err := pepper(c.Seal, "backup codes", "sent codes")
	if err != nil {
		return nil, err
	}
	given, err := access.Pepper(c.Seal)
	if err != nil {
		return nil, err
	}
	keys, err := webauthn.New(webauthn.RelyingParty{ID: c.PublicURL.Hostname(), Name: templates.Product, Origin: c.PublicURL.Scheme + "://" + c.PublicURL.Host})
	if errors.Is(err, webauthn.ErrRelyingParty) {
		// An installation that is reached by number works, without keys (WebAuthn 5.1.3 wants a domain).
		c.Log.Warn("no security keys: the public URL has no host name that browsers accept", "error", err)
	}
	s := &signin.SignIn{Access: given, Factors: map[mfa.Kind]mfa.Factor{}, Keys: keys, Pepper: peppers[1], Texts: c.Texts,
		Store: c.Store, Seal: c.Seal, Gate: g, Hasher: c.Hasher, Tenants: p.tenants, Edge: p.edge, Now: c.Now,
		Connections: p.connections, Upstreams: p.upstreams, PublicURL: c.PublicURL}
	s.Outbox = notify.Outbox{Seal: c.Seal, PublicURL: c.PublicURL}
	s.Links = user.Links{Store: c.Store, Outbox: s.Outbox}
	if keys != nil {
		s.Factors[keys.Kind()] = keys
	}
	for _, f := range []mfa.Factor{totp.Factor{}, code.New(mfa.SMS, s.Pepper), code.New(mfa.Email, s.Pepper),
		backup.Factor{Pepper: peppers[0]}, recovery.Factor{Pepper: given}} {
		s.Factors[f.Kind()] = f
	}
	return s, nil
}

// pepper derives a key for each name, the same on every instance.
func pepper(s *seal.Sealer, names ...string) ([][]byte, error) {
	out := make([][]byte, len(names))
	for i, name := range names {
		var err error
		if out[i], err = s.Derive(name, 32); err != nil {
			return nil, err
		}
	}
	return out, nil
}
