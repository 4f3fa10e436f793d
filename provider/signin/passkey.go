package signin

import (
	"errors"
	"fmt"

	"sallyport/mfa"
	"sallyport/mfa/webauthn"
	"sallyport/provider/attempt"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

// canPasskey: a key may say who it belongs to where nobody has been named yet, and where a password would be asked for
// that not everybody knows (prompt=login, max_age). An address without a host name has no keys.
func (s *SignIn) canPasskey(v *visit) bool {
	return s.Keys != nil && (v.step == attempt.StepIdentify || v.step == attempt.StepPassword)
}

// passkey signs in without name and password: the credential names its owner, and its own check of the user makes it
// two factors in one. Whose key it is not is told nothing.
func (s *SignIn) passkey(v *visit) error {
	form, err := web.Form(v.r, "assertion", "issued")
	if err != nil {
		return err
	}
	text, ok := s.Keys.Clean(form["assertion"])
	t, u, named := webauthn.Owner(text)
	if !ok || !named || v.tenantNamed() && t != v.a.Tenant {
		return s.identifyPage(v, "", "", templates.ErrorKeyFailed)
	}
	m, err := s.owned(v, t, u, text, form["issued"])
	if errors.Is(err, errKey) {
		return s.unowned(v, t, u, err)
	}
	if err != nil {
		return err
	}
	v.become(t, u)
	v.a.Prove(mfa.Proof{Kind: mfa.WebAuthn, At: v.now, Factor: m.Factor, UserVerified: m.UserVerified})
	return s.advance(v, func(tx *storage.Tx) error { return v.consume(tx, mfa.WebAuthn, m) })
}

// become makes the attempt the owner's. Their own session stays, to be renewed with another secret (gauntlet D02);
// anybody else's does not.
func (v *visit) become(t id.Tenant, u id.User) {
	a, kept := v.a, v.a.Session
	if a.User == nil || *a.User != u || a.Tenant != t {
		kept = nil
	}
	forget(a)
	if a.Facts.TenantBy == "" {
		a.Facts.TenantBy = attempt.ByAddress
	}
	a.Tenant, a.User, a.Session = t, &u, kept
}

var errKey = errors.New("no such key")

// unowned shows one page, whatever is wrong. That there may be a copy of a key stands on record (gauntlet K08).
func (s *SignIn) unowned(v *visit, t id.Tenant, u id.User, err error) error {
	if errors.Is(err, webauthn.ErrCounter) {
		if err := s.Store.InTenant(v.r.Context(), t, func(tx *storage.Tx) error {
			return audit.Record(v.r.Context(), tx, t, audit.Event{Kind: audit.CounterRegressed, At: v.now, Actor: audit.Anyone, Target: audit.OnUser(u),
				Origin: s.origin(v.r), Detail: map[string]any{"attempt": v.a.ID, "factor": mfa.WebAuthn}})
		}); err != nil {
			return err
		}
	}
	return s.identifyPage(v, "", "", templates.ErrorKeyFailed)
}

// owned judges the signature by the credentials of the one it claims to be of (gauntlet K01).
func (s *SignIn) owned(v *visit, t id.Tenant, u id.User, text, issued string) (mfa.Match, error) {
	rows, err := s.Store.Tenant(t).ListFactors(v.r.Context(), db.ListFactorsParams{TenantID: t, UserID: u})
	if err != nil {
		return mfa.Match{}, fmt.Errorf("list keys: %w", err)
	}
	c := mfa.Claim{Now: v.now, Tenant: t, User: u, Attempt: v.a.ID, UserVerification: true, Challenge: s.challenge(v, webauthn.Passkey, issued)}
	for _, row := range rows {
		if row.Kind != string(mfa.WebAuthn) {
			continue
		}
		secret, err := s.Seal.Open(secretOf(t, row.ID), row.Secret)
		if err != nil {
			return mfa.Match{}, fmt.Errorf("open key: %w", err)
		}
		c.Secrets = append(c.Secrets, mfa.Secret{Factor: row.ID, Secret: secret, Counter: row.LastStep})
	}
	m, ok, err := s.Keys.Verify(text, c)
	if !ok || errors.Is(err, webauthn.ErrCounter) {
		return m, errors.Join(errKey, err)
	}
	return m, err
}
