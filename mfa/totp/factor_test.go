package totp_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/pquerna/otp/hotp"

	"sallyport/mfa"
	"sallyport/mfa/factortest"
	"sallyport/mfa/totp"
	"sallyport/storage/id"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func stepAt(at time.Time) int64 { return at.Unix() / 30 }

func codeAt(t *testing.T, seed []byte, step int64) string {
	t.Helper()
	code, err := hotp.GenerateCode(joined(seed), uint64(step))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func joined(seed []byte) (s string) {
	for _, g := range totp.Groups(seed) {
		s += g
	}
	return s
}

// person has the seed of that number: codes of random seeds would be equal once in a while.
func person(t *testing.T, n int) factortest.Person {
	t.Helper()
	sum := sha256.Sum256(fmt.Append(nil, "seed ", n))
	seed := sum[:20]
	c := mfa.Claim{Now: noon, Tenant: id.NewTenant(), User: id.NewUser(), Attempt: id.NewAttempt(),
		Secrets: []mfa.Secret{{Factor: id.NewFactor(), Secret: seed, Counter: stepAt(noon) - 10}}}
	return factortest.Person{Claim: c,
		Answer: func(now time.Time) string { return codeAt(t, seed, stepAt(now)) },
		Wrong:  func() string { return codeAt(t, seed, stepAt(noon)+2) }}
}

func TestTOTPIsAFactor(t *testing.T) {
	t.Parallel()
	people := 0
	factortest.Run(t, factortest.Subject{Factor: totp.Factor{}, Typed: true, Enrol: func(t *testing.T) factortest.Person {
		people++
		return person(t, people)
	}})
}

func verify(t *testing.T, code string, c mfa.Claim) (mfa.Match, bool) {
	t.Helper()
	m, ok, err := totp.Factor{}.Verify(code, c)
	if err != nil {
		t.Fatal(err)
	}
	return m, ok
}

// Used codes are right, so that the person is told to wait; what is named then cannot be consumed any more.
func TestB03UsedStepIsNamedAndDoesNotRise(t *testing.T) {
	t.Parallel()
	p := person(t, 0)
	seed, now := p.Claim.Secrets[0].Secret, stepAt(noon)
	p.Claim.Secrets[0].Counter = now
	for step := now - 3; step <= now+3; step++ {
		m, ok := verify(t, codeAt(t, seed, step), p.Claim)
		if near := step >= now-1 && step <= now+1; ok != near || near && m.Counter != step {
			t.Errorf("%d steps away: %+v, %v", step-now, m, ok)
		}
	}
}

func TestTwoAppsWithOneCodeAreTriedBoth(t *testing.T) {
	t.Parallel()
	p := person(t, 0)
	fresh := p.Claim.Secrets[0]
	used := mfa.Secret{Factor: id.NewFactor(), Secret: fresh.Secret, Counter: stepAt(noon)}
	code := codeAt(t, fresh.Secret, stepAt(noon))
	for name, c := range map[string]struct {
		secrets []mfa.Secret
		want    id.Factor
	}{
		"used one first":  {[]mfa.Secret{used, fresh}, fresh.Factor},
		"fresh one first": {[]mfa.Secret{fresh, used}, fresh.Factor},
		"both used":       {[]mfa.Secret{used, {Factor: id.NewFactor(), Secret: fresh.Secret, Counter: used.Counter}}, used.Factor},
	} {
		p.Claim.Secrets = c.secrets
		if m, ok := verify(t, code, p.Claim); !ok || m.Factor != c.want || m.Counter != stepAt(noon) {
			t.Errorf("%s: %+v, %v", name, m, ok)
		}
	}
}

// Whatever stands in the place of a seed that was lost, everybody could compute codes of nothing.
func TestA13EmptySeedIsAnErrorAndNoWrongCode(t *testing.T) {
	t.Parallel()
	for _, seed := range [][]byte{nil, {}} {
		p := person(t, 0)
		p.Claim.Secrets = append(p.Claim.Secrets, mfa.Secret{Factor: id.NewFactor(), Secret: seed})
		if m, ok, err := (totp.Factor{}).Verify(p.Answer(noon), p.Claim); ok || err == nil || !m.Factor.IsZero() {
			t.Errorf("%v: %+v, %v, %v", seed, m, ok, err)
		}
	}
}
