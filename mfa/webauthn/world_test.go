package webauthn_test

import (
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/factortest"
	"sallyport/mfa/webauthn"
	"sallyport/mfa/webauthn/webauthntest"
	"sallyport/storage/id"
)

const domain, origin = "id.acme.test", "https://id.acme.test:8443"

var (
	noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	key  = []byte("a key of thirty-two bytes or so.")
)

func factor(t testing.TB) *webauthn.Factor {
	t.Helper()
	f, err := webauthn.New(webauthn.RelyingParty{ID: domain, Name: "Acme", Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// person is somebody in the middle of a sign-in, with an authenticator in hand.
type person struct {
	*webauthntest.Authenticator
	f     *webauthn.Factor
	claim mfa.Claim
	made  webauthn.Credential
}

func (p *person) self() webauthn.Person {
	return webauthn.Person{Handle: webauthn.Handle(p.claim.Tenant, p.claim.User), Name: "alice@acme.test", Display: "Alice"}
}

// stranger has an authenticator, but nothing enrolled.
func stranger(t testing.TB) *person {
	t.Helper()
	p := &person{Authenticator: webauthntest.New(domain, origin), f: factor(t)}
	p.claim = mfa.Claim{Now: noon, Tenant: id.NewTenant(), User: id.NewUser(), Attempt: id.NewAttempt()}
	p.claim.Challenge = p.challenge(webauthn.Registration, 1)
	return p
}

func (p *person) challenge(purpose webauthn.Purpose, version int32) []byte {
	return webauthn.Challenge(key, purpose, p.claim.Tenant, p.claim.Attempt, version, noon)
}

// respond makes a credential under these rules and returns what the browser sends.
func (p *person) respond(t testing.TB, r webauthn.Rules) string {
	t.Helper()
	options, err := p.f.Creation(p.claim.Challenge, p.self(), p.claim.Secrets, r)
	if err != nil {
		t.Fatal(err)
	}
	response, err := p.Create(options)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// enrol adds a credential to the claim, which then asks for a second factor.
func (p *person) enrol(t testing.TB) *person {
	t.Helper()
	p.claim.Challenge = p.challenge(webauthn.Registration, 1)
	c, err := p.f.Register(p.respond(t, webauthn.Rules{}), p.claim.Challenge, p.self(), webauthn.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	p.made = c
	p.claim.Secrets = append(p.claim.Secrets, mfa.Secret{Factor: id.NewFactor(), Secret: c.Secret, Counter: c.Counter})
	p.claim.Challenge = p.challenge(webauthn.Second, 2)
	return p
}

func enrolled(t testing.TB) *person { return stranger(t).enrol(t) }

// answer signs the challenge of the claim with a credential that it allows.
func (p *person) answer(t testing.TB) string {
	t.Helper()
	return p.answerTo(t, p.claim.Challenge, p.claim.Secrets)
}

func (p *person) answerTo(t testing.TB, challenge []byte, allow []mfa.Secret) string {
	t.Helper()
	options, err := p.f.Request(challenge, allow, p.claim.UserVerification)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := p.Get(options)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// judge cleans and verifies as callers do.
func (p *person) judge(t testing.TB, answer string) (mfa.Match, bool) {
	t.Helper()
	clean, ok := p.f.Clean(answer)
	if !ok {
		return mfa.Match{}, false
	}
	m, ok, err := p.f.Verify(clean, p.claim)
	if err != nil {
		t.Fatal(err)
	}
	return m, ok
}

func (p *person) refuses(t testing.TB, what, answer string) {
	t.Helper()
	if m, ok := p.judge(t, answer); ok || !m.Factor.IsZero() || m.UserVerified {
		t.Errorf("%s: %+v, %v", what, m, ok)
	}
}

// The suite uses an answer up and judges it again, which for a counter is an error (K08): its subjects have none.
func TestWebAuthnIsAFactor(t *testing.T) {
	t.Parallel()
	factortest.Run(t, factortest.Subject{Factor: factor(t), Enrol: func(t *testing.T) factortest.Person {
		p := stranger(t)
		p.Counter = 0
		p.enrol(t)
		return factortest.Person{Claim: p.claim, Answer: func(time.Time) string { return p.answer(t) },
			Wrong: func() string { return p.answerTo(t, p.challenge(webauthn.Second, 3), p.claim.Secrets) }}
	}})
}

func TestEveryAlgorithmEnrolsAndSignsIn(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []int{webauthntest.ES256, webauthntest.ES384, webauthntest.EdDSA, webauthntest.RS256} {
		for _, attestation := range []webauthntest.Attestation{webauthntest.None, webauthntest.Self, webauthntest.Certificate} {
			p := stranger(t)
			p.Algorithm, p.Attestation = algorithm, attestation
			p.enrol(t)
			m, ok := p.judge(t, p.answer(t))
			if want := (mfa.Match{Factor: p.claim.Secrets[0].Factor, Counter: 2, UserVerified: true}); !ok || m.Factor != want.Factor ||
				m.Counter != want.Counter || m.UserVerified != want.UserVerified {
				t.Errorf("algorithm %d, attestation %s: %+v, %v", algorithm, attestation, m, ok)
			}
		}
	}
}
