package code_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/code"
	"sallyport/mfa/factortest"
	"sallyport/storage/id"
)

var pepper = bytes.Repeat([]byte{7}, 32)

func person(f code.Factor) factortest.Person {
	c := mfa.Claim{Now: time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC), Tenant: id.NewTenant(), User: id.NewUser(), Attempt: id.NewAttempt(),
		Secrets: []mfa.Secret{{Factor: id.NewFactor()}}}
	sent := code.Generate()
	c.Hashes = [][]byte{f.Hash(c.Tenant, c.User, c.Attempt, c.Secrets[0].Factor, sent)}
	wrong := sent[:5] + string('0'+(sent[5]-'0'+1)%10)
	return factortest.Person{Claim: c, Answer: func(time.Time) string { return sent }, Wrong: func() string { return wrong }}
}

func TestSentCodesAreFactors(t *testing.T) {
	t.Parallel()
	for _, kind := range []mfa.Kind{mfa.Email, mfa.SMS} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			f := code.New(kind, pepper)
			if f.Kind() != kind {
				t.Errorf("it is %q", f.Kind())
			}
			factortest.Run(t, factortest.Subject{Factor: f, Typed: true, Enrol: func(*testing.T) factortest.Person { return person(f) }})
		})
	}
}

func TestNothingIsSentForOtherKinds(t *testing.T) {
	t.Parallel()
	for _, kind := range []mfa.Kind{"", mfa.TOTP, mfa.WebAuthn, mfa.BackupCode, mfa.AccessCode, mfa.Password} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q has a factor", kind)
				}
			}()
			code.New(kind, pepper)
		}()
	}
}

func TestB07CodeOfAnotherPurposeIsAnotherHash(t *testing.T) {
	t.Parallel()
	mail := code.New(mfa.Email, pepper)
	p := person(mail)
	for name, f := range map[string]code.Factor{"as a text": code.New(mfa.SMS, pepper), "with another pepper": code.New(mfa.Email, pepper[1:])} {
		if _, ok, err := f.Verify(p.Answer(p.Claim.Now), p.Claim); ok || err != nil {
			t.Errorf("a mailed code %s: %v, %v", name, ok, err)
		}
	}
}

func TestB06OlderCodeIsNothingBesideTheNewest(t *testing.T) {
	t.Parallel()
	f := code.New(mfa.Email, pepper)
	p := person(f)
	p.Claim.Hashes = [][]byte{f.Hash(p.Claim.Tenant, p.Claim.User, p.Claim.Attempt, p.Claim.Secrets[0].Factor, p.Wrong())} // sent again
	if _, ok, _ := f.Verify(p.Answer(p.Claim.Now), p.Claim); ok {
		t.Error("the older code is right")
	}
	if _, ok, _ := f.Verify(p.Wrong(), p.Claim); !ok {
		t.Error("the newest code is wrong")
	}
}

// Every digit in every place: a code that lost its zeros, or favours digits, is guessed sooner. Chi-squared with nine
// degrees of freedom exceeds 50 by chance once in ten million.
func TestL08CodesAreUniformAndKeepTheirZeros(t *testing.T) {
	t.Parallel()
	const codes = 20_000
	var counts [6][10]int
	seen := map[string]bool{}
	for range codes {
		c := code.Generate()
		if len(c) != 6 || strings.Trim(c, "0123456789") != "" {
			t.Fatalf("code %q", c)
		}
		seen[c] = true
		for place := range counts {
			counts[place][c[place]-'0']++
		}
	}
	for place, digits := range counts {
		chi := 0.0
		for _, n := range digits {
			d := float64(n) - codes/10
			chi += d * d / (codes / 10)
		}
		if chi > 50 {
			t.Errorf("place %d: %v, chi-squared %.0f", place, digits, chi)
		}
	}
	if len(seen) < 19_600 { // 19 801 expected of a million, standard deviation 14
		t.Errorf("only %d different ones", len(seen))
	}
}

func TestB06ResendWaitsLongerEachTime(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]time.Duration{-1: 30 * time.Second, 0: 30 * time.Second, 1: 30 * time.Second, 2: time.Minute, 3: 2 * time.Minute, 4: 4 * time.Minute,
		5: 8 * time.Minute, 6: 10 * time.Minute, 7: 10 * time.Minute, 100: 10 * time.Minute, 1 << 62: 10 * time.Minute} {
		if got := code.Resend(count); got != want {
			t.Errorf("after %d: %v, want %v", count, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("１２３ 456")
	f.Add("012-345")
	f.Fuzz(func(t *testing.T, typed string) {
		factor := code.New(mfa.Email, pepper)
		clean, ok := factor.Clean(typed)
		if again, still := factor.Clean(clean); ok && (!still || again != clean || len(clean) != 6 || strings.Trim(clean, "0123456789") != "") {
			t.Fatalf("%q became %q, then %q", typed, clean, again)
		}
	})
}
