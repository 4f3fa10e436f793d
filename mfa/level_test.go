package mfa_test

import (
	"slices"
	"testing"
	"time"

	"sallyport/mfa"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func proofs(kinds ...mfa.Kind) (out []mfa.Proof) {
	for _, k := range kinds {
		out = append(out, mfa.Proof{Kind: k, At: now})
	}
	return out
}

func TestLevelsReadBackFromTheirNames(t *testing.T) {
	t.Parallel()
	for l := mfa.OneFactor; l <= mfa.PhishingResistant; l++ {
		if got, ok := mfa.ParseACR(l.ACR()); !ok || got != l {
			t.Errorf("%q: %v, %v", l.ACR(), got, ok)
		}
	}
	if got := mfa.ACRs(); len(got) != 4 || got[0] != mfa.OneFactor.ACR() || got[3] != "phr" {
		t.Errorf("announced %v", got)
	}
	if l, ok := mfa.ParseACR("https://refeds.org/profile/mfa"); !ok || l != mfa.AAL2 {
		t.Errorf("REFEDS is %v, %v", l, ok)
	}
	for _, s := range []string{"", "0", "aal2", "PHR", "phr ", "urn:sallyport:acr:3fa"} {
		if l, ok := mfa.ParseACR(s); ok || l != mfa.None {
			t.Errorf("%q is %v", s, l)
		}
	}
}

func TestProofsReachAndAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shown []mfa.Proof
		level mfa.Level
		amr   []string
	}{
		"nothing":                      {nil, mfa.None, nil},
		"a password":                   {proofs(mfa.Password), mfa.OneFactor, []string{"pwd"}},
		"a code alone":                 {proofs(mfa.TOTP), mfa.None, []string{"otp"}},
		"both":                         {proofs(mfa.Password, mfa.TOTP), mfa.AAL2, []string{"pwd", "otp", "mfa"}},
		"both, the other way around":   {proofs(mfa.TOTP, mfa.Password), mfa.AAL2, []string{"otp", "pwd", "mfa"}},
		"a password and a backup code": {proofs(mfa.Password, mfa.BackupCode), mfa.TwoStep, []string{"pwd", "otp", "mfa"}},
		"a backup code alone":          {proofs(mfa.BackupCode), mfa.None, []string{"otp"}},
		"a backup code beside an app":  {proofs(mfa.Password, mfa.TOTP, mfa.BackupCode), mfa.AAL2, []string{"pwd", "otp", "mfa"}},
		"a password twice":             {proofs(mfa.Password, mfa.Password), mfa.OneFactor, []string{"pwd"}},
		"something unheard of":         {proofs(mfa.Password, "sms"), mfa.OneFactor, []string{"pwd"}},
	} {
		if got := mfa.Reached(c.shown); got != c.level {
			t.Errorf("%s reaches %v, want %v", name, got, c.level)
		}
		if got := mfa.AMR(c.shown); !slices.Equal(got, c.amr) {
			t.Errorf("%s is named %q, want %q", name, got, c.amr)
		}
	}
}

func TestEveryKindThatCanBeEnrolledIsASecondFactor(t *testing.T) {
	t.Parallel()
	for _, k := range mfa.Kinds() {
		if !k.Second() || k.Recovery() || k.First() || k.Level() < mfa.TwoStep {
			t.Errorf("%s", k)
		}
	}
	if unknown := mfa.Kind("sms"); unknown.First() || unknown.Second() || unknown.Level() > mfa.OneFactor {
		t.Error("a kind nobody defined counts")
	}
}
