package signin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/domain"
	"sallyport/provider/federation"
	"sallyport/provider/token"
	"sallyport/storage/id"
)

// ask makes a new round trip of the attempt; the answer to an older one is worth nothing from then on.
func (s *SignIn) ask(v *visit, c federation.Connection) (string, error) {
	rely, err := s.Connections.Relying(v.r.Context(), c)
	if err != nil {
		return "", err
	}
	exemption, w := v.stand(c.ID), v.wish()
	if w.Domain, err = s.hinted(v, c, w.LoginHint); err != nil {
		return "", err
	}
	state := v.a.Handle() + "." + random()
	ask := c.Ask(exemption, w)
	ask.RedirectURI, ask.State, ask.Nonce, ask.Verifier = c.RedirectURI(s.PublicURL), state, s.derived("nonce", state), s.derived("pkce", state)
	if ask.Prompt == "" && slices.Contains(v.a.Request.Prompt, "select_account") {
		ask.Prompt, ask.LoginHint = "select_account", "" // Entra refuses the two together
	}
	tries := 1
	if before := v.a.Facts.Upstream; before != nil {
		tries += before.Tries
	}
	v.a.Facts.Upstream = &attempt.Upstream{Connection: c.ID, State: token.Hash(state), At: v.now, Reauth: w.Reauth, Asked: w.Evidence, Tries: tries}
	return s.Upstreams.Begin(v.r.Context(), rely, ask)
}

// hinted is the domain that the provider may go by: one whose people sign in there, for any other could lead them elsewhere.
func (s *SignIn) hinted(v *visit, c federation.Connection, address string) (string, error) {
	name := v.a.Request.Domain
	if name == "" {
		name = domain.Of(address)
	}
	t, home, known, err := s.Connections.Domain(v.r.Context(), name)
	if err != nil || !known || t != c.Tenant || home != c.ID {
		return "", err
	}
	return name, nil
}

// stand is the tenant's on the connection; without a policy nothing is spared.
func (v *visit) stand(c id.Connection) policy.Exemption {
	if v.a.Policy == nil {
		return policy.Exemption{Connection: c, Mode: policy.Local}
	}
	return v.a.Policy.Exemption(c)
}

// wish is what this attempt needs of the provider. Whoever signed in there before, and is asked for a first proof again, has
// to be seen anew.
func (v *visit) wish() federation.Wish {
	a := v.a
	w := federation.Wish{LoginHint: v.identifier(), Level: max(v.d.Required, a.Request.Level), Evidence: v.step == attempt.StepUpstream && !v.d.Upstream.IsZero()}
	if w.LoginHint == "" {
		w.LoginHint = a.Request.LoginHint
	}
	if a.Policy != nil {
		w.MaxAge = a.Policy.Session.Duration()
	}
	aged := slices.ContainsFunc(v.stand(v.d.Upstream).Evidence, func(e policy.Evidence) bool { return e.MaxAge > 0 })
	w.Reauth = a.Purpose != attempt.Test && (!a.Request.Since.IsZero() || a.Purpose != attempt.Authorize || w.Evidence && aged || v.d.First && v.federated())
	return w
}

// federated: a sign-in upstream is on record, and does not suffice.
func (v *visit) federated() bool {
	upstream := func(p mfa.Proof) bool { return p.Kind == mfa.Federated }
	return slices.ContainsFunc(v.a.Facts.Proofs, upstream) || v.a.Brought != nil && slices.ContainsFunc(v.a.Brought.Proofs, upstream)
}

// derived makes nonce and PKCE verifier from the state: no part of them is stored, and whoever reads the database or an
// address knows neither (RFC 7636 4.1).
func (s *SignIn) derived(what, state string) string {
	mac := hmac.New(sha256.New, s.Pepper)
	mac.Write([]byte("upstream " + what + "\x00" + state))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func random() string {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // crypto/rand never fails; a state that can be guessed lets anybody in
	}
	return base64.RawURLEncoding.EncodeToString(b[:])
}
