package signin

import (
	"errors"
	"fmt"

	"sallyport/mfa"
	"sallyport/mfa/webauthn"
	"sallyport/provider/attempt"
	"sallyport/provider/throttle"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
	"sallyport/templates"
)

// answer is what somebody typed, or their authenticator signed, for one way.
type answer struct {
	way way
	// text is clean; issued is when the challenge was made that a signature is over, in Unix seconds.
	text, issued string
	trust        bool
}

// prove is the one path of every kind of second factor: take a try, judge, consume once, note the fact. At most three
// round trips with the one that loaded the attempt.
func (s *SignIn) prove(v *visit, a answer) error {
	t, err := s.take(v, a.way)
	if err != nil {
		return err
	}
	claim, err := s.claim(v, a, t.factors)
	if err != nil {
		return err
	}
	m, ok, err := s.Factors[a.way.kind].Verify(a.text, claim)
	var back *webauthn.Regressed
	switch {
	case errors.As(err, &back):
		return s.wrong(v, a.way, nil, audit.CounterRegressed)
	case err != nil:
		return fmt.Errorf("verify %s: %w", a.way.kind, err)
	case !ok && t.blocks:
		return s.wrong(v, a.way, t.held, audit.FactorFailed, audit.TriesExhausted)
	case !ok:
		return s.wrong(v, a.way, t.held, audit.FactorFailed)
	}
	return s.pass(v, a, m, t.counters)
}

// tries are what may be verified now: the authenticators that have a try left, with their counters. held is what the
// others said, nil when there are none.
type tries struct {
	factors  []attempt.Factor
	counters []throttle.Counter
	blocks   bool
	held     error
}

// take counts the try. A signature cannot be guessed: counting it would only let others lock the key's owner out, and
// an app that has had all its failures keeps nobody from using another (gauntlet J03).
func (s *SignIn) take(v *visit, w way) (t tries, err error) {
	t.factors = v.factors(w.kind)
	counters := v.counters(w)
	if len(counters) == 0 {
		return t, nil
	}
	taken, err := throttle.TakeEach(v.r.Context(), s.Store, v.a.Tenant, v.now, counters...)
	if err != nil {
		return t, err
	}
	factors := t.factors
	t.factors, t.blocks, t.held = nil, taken.Blocks, taken.Refused
	for i, allowed := range taken.Allowed {
		if !allowed {
			continue
		}
		t.counters = append(t.counters, counters[i])
		if w.kind == mfa.TOTP {
			t.factors = append(t.factors, factors[i])
		}
	}
	return t, nil
}

// counters are those of every authenticator that the answer could be of.
func (v *visit) counters(w way) []throttle.Counter {
	switch {
	case w.kind == mfa.WebAuthn:
		return nil
	case w.kind.Recovery():
		return []throttle.Counter{throttle.Recovery(w.kind, *v.a.User)}
	case w.kind.Sent():
		return []throttle.Counter{throttle.Factor(w.factor)}
	}
	var out []throttle.Counter
	for _, f := range v.factors(w.kind) {
		out = append(out, throttle.Factor(f.ID))
	}
	return out
}

// claim is all of the person that the answer may be judged against, and nothing of anybody else (gauntlet A03).
func (s *SignIn) claim(v *visit, a answer, factors []attempt.Factor) (mfa.Claim, error) {
	c := mfa.Claim{Now: v.now, Tenant: v.a.Tenant, User: *v.a.User, Attempt: v.a.ID, UserVerification: v.d.UserVerification}
	switch {
	case a.way.kind == mfa.BackupCode:
		c.Hashes = v.a.Person.BackupCodes
		return c, nil
	case a.way.kind == mfa.AccessCode:
		c.Hashes = v.a.Access(v.now)
		return c, nil
	case a.way.kind.Sent():
		c.Secrets, c.Hashes = []mfa.Secret{{Factor: a.way.factor}}, v.sentHash(a.way)
		return c, nil
	}
	if a.way.kind == mfa.WebAuthn {
		c.Challenge = s.challenge(v, webauthn.Second, a.issued)
	}
	var err error
	c.Secrets, err = s.secrets(v, factors)
	return c, err
}

// sentHash is that of the newest code while it lives; there is none after it.
func (v *visit) sentHash(w way) [][]byte {
	if sent := v.a.Facts.Sent; v.sentTo() == w && v.now.Before(sent.Expires) {
		return [][]byte{sent.Hash}
	}
	return nil
}

func (s *SignIn) secrets(v *visit, factors []attempt.Factor) ([]mfa.Secret, error) {
	var out []mfa.Secret
	for _, f := range factors {
		secret, err := s.opened(v, f.ID, f.Secret)
		if err != nil {
			return nil, err
		}
		out = append(out, mfa.Secret{Factor: f.ID, Secret: []byte(secret), Counter: f.Step})
	}
	return out, nil
}

func (s *SignIn) opened(v *visit, f id.Factor, sealed []byte) (string, error) {
	secret, err := s.Seal.Open(secretOf(v.a.Tenant, f), sealed)
	if err != nil {
		// Without its secret a factor can be judged no more than with the database down (gauntlet A13).
		return "", fmt.Errorf("open factor: %w: %w", storage.ErrUnavailable, err)
	}
	return string(secret), nil
}

// secretOf is where the secret of a factor is sealed to.
func secretOf(t id.Tenant, f id.Factor) seal.Place {
	return seal.Place{Tenant: t, Table: "factors", Row: f.String(), Column: "secret"}
}

// pass consumes the answer in the transaction that notes what it proves.
func (s *SignIn) pass(v *visit, a answer, m mfa.Match, counters []throttle.Counter) error {
	v.a.Prove(mfa.Proof{Kind: a.way.kind, At: v.now, Factor: m.Factor, UserVerified: m.UserVerified})
	v.a.Facts.Sent, v.a.Facts.Trust = nil, a.trust
	return s.advance(v, func(tx *storage.Tx) error {
		return errors.Join(v.consume(tx, a.way.kind, m), v.settle(tx, counters, m.Factor), s.used(v, tx, a.way.kind))
	})
}

// single is the kind of single-use secret behind a kind of factor.
func single(k mfa.Kind) string {
	if k.Sent() {
		return string(k) + "_code"
	}
	return string(k)
}

// consume is where an answer becomes worthless; of two at a time one gets a conflict (gauntlet B04).
func (v *visit) consume(tx *storage.Tx, k mfa.Kind, m mfa.Match) error {
	ctx, t := v.r.Context(), v.a.Tenant
	switch {
	case k == mfa.TOTP:
		return tx.Later().UseTOTPStep(ctx, db.UseTOTPStepParams{TenantID: t, ID: m.Factor, Step: m.Counter, Now: v.now})
	case k == mfa.WebAuthn:
		return tx.Later().UseCounter(ctx, db.UseCounterParams{TenantID: t, ID: m.Factor, Step: m.Counter, Now: v.now})
	}
	err := tx.Later().UsePersonal(ctx, db.UsePersonalParams{TenantID: t.UUID, Kind: single(k), Hash: m.Hash, Now: v.now})
	if k.Sent() {
		err = errors.Join(err, tx.Later().UseFactor(ctx, db.UseFactorParams{TenantID: t, ID: m.Factor, Now: v.now}))
	}
	return err
}

// settle resets the counter of what succeeded, and gives the try back to those that stood beside it.
func (v *visit) settle(tx *storage.Tx, counters []throttle.Counter, used id.Factor) error {
	var err error
	for _, c := range counters {
		if used.IsZero() || c == throttle.Factor(used) {
			err = errors.Join(err, throttle.Forget(v.r.Context(), tx, v.a.Tenant, c))
		} else {
			err = errors.Join(err, throttle.GiveBack(v.r.Context(), tx, v.a.Tenant, c))
		}
	}
	return err
}

// used records that a recovery means was spent: its owner should know.
func (s *SignIn) used(v *visit, tx *storage.Tx, k mfa.Kind) error {
	kinds := map[mfa.Kind]audit.Kind{mfa.BackupCode: audit.BackupCodeUsed, mfa.AccessCode: audit.AccessCodeUsed}
	if kinds[k] == "" {
		return nil
	}
	return audit.Record(v.r.Context(), tx, v.a.Tenant, s.event(v, kinds[k], map[string]any{"attempt": v.a.ID, "locale": v.locale()}))
}

// event is one thing that the person did to themselves.
func (s *SignIn) event(v *visit, k audit.Kind, detail map[string]any) audit.Event {
	return audit.Event{Kind: k, At: v.now, Actor: audit.User(*v.a.User), Target: audit.OnUser(*v.a.User), Origin: s.origin(v.r), Detail: detail}
}

// wrong tells of what was held back, if anything: the code may have been right, of an app that nobody may try now.
func (s *SignIn) wrong(v *visit, w way, held error, kinds ...audit.Kind) error {
	if err := s.record(v, kinds, map[string]any{"attempt": v.a.ID, "factor": w.kind}); err != nil || held != nil {
		return errors.Join(err, held)
	}
	return s.refuse(v, w, v.wrongKey(w))
}

// wrongKey: a code that has expired is not called wrong; the person looks at the right one.
func (v *visit) wrongKey(w way) string {
	switch {
	case w.kind == mfa.BackupCode:
		return templates.ErrorBackupWrong
	case w.kind == mfa.AccessCode:
		return templates.ErrorAccessWrong
	case w.kind == mfa.WebAuthn:
		return templates.ErrorKeyFailed
	case w.kind.Sent() && v.sentHash(w) == nil:
		return templates.ErrorCodeExpired
	case w.kind.Sent():
		return templates.ErrorSentWrong
	}
	return templates.ErrorCodeWrong
}
