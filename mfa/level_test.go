package mfa_test

import (
	"slices"
	"testing"
	"time"

	"sallyport/mfa"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var passkey = mfa.Proof{Kind: mfa.WebAuthn, At: now, UserVerified: true}

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
		"nothing":                       {nil, mfa.None, nil},
		"a password":                    {proofs(mfa.Password), mfa.OneFactor, []string{"pwd"}},
		"a code alone":                  {proofs(mfa.TOTP), mfa.None, []string{"otp"}},
		"both":                          {proofs(mfa.Password, mfa.TOTP), mfa.AAL2, []string{"pwd", "otp", "mfa"}},
		"both, the other way around":    {proofs(mfa.TOTP, mfa.Password), mfa.AAL2, []string{"otp", "pwd", "mfa"}},
		"a password and a backup code":  {proofs(mfa.Password, mfa.BackupCode), mfa.TwoStep, []string{"pwd", "otp", "mfa"}},
		"a backup code alone":           {proofs(mfa.BackupCode), mfa.None, []string{"otp"}},
		"a backup code beside an app":   {proofs(mfa.Password, mfa.TOTP, mfa.BackupCode), mfa.AAL2, []string{"pwd", "otp", "mfa"}},
		"a password twice":              {proofs(mfa.Password, mfa.Password), mfa.OneFactor, []string{"pwd"}},
		"something unheard of":          {proofs(mfa.Password, "handshake"), mfa.OneFactor, []string{"pwd"}},
		"a password and a code by mail": {proofs(mfa.Password, mfa.Email), mfa.TwoStep, []string{"pwd", "otp", "mfa"}},
		"a password and a text":         {proofs(mfa.Password, mfa.SMS), mfa.AAL2, []string{"pwd", "sms", "mfa"}},
		"a password and an access code": {proofs(mfa.Password, mfa.AccessCode), mfa.TwoStep, []string{"pwd", "otp", "mfa"}},
		"a password and a touched key":  {proofs(mfa.Password, mfa.WebAuthn), mfa.AAL2, []string{"pwd", "pop", "mfa"}},
		"a touched key":                 {proofs(mfa.WebAuthn), mfa.None, []string{"pop"}},
		"a passkey":                     {[]mfa.Proof{passkey}, mfa.PhishingResistant, []string{"pop", "mfa"}},
		"a passkey beside a password":   {append(proofs(mfa.Password), passkey), mfa.PhishingResistant, []string{"pwd", "pop", "mfa"}},
		"a passkey and a touched key":   {append(proofs(mfa.WebAuthn), passkey), mfa.PhishingResistant, []string{"pop", "mfa"}},
		"a trusted device":              {proofs(mfa.TrustedDevice), mfa.None, nil},
		"a password there":              {proofs(mfa.Password, mfa.TrustedDevice), mfa.OneFactor, []string{"pwd"}},
		"enrolment put off":             {proofs(mfa.Password, mfa.Skipped), mfa.OneFactor, []string{"pwd"}},
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
		if !k.Enrolled() || !k.Second() || k.Recovery() || k.Level() < mfa.TwoStep {
			t.Errorf("%s", k)
		}
		if k.First() != (k == mfa.WebAuthn) || k.Sent() != (k == mfa.SMS || k == mfa.Email) {
			t.Errorf("%s begins a sign-in: %v, is sent: %v", k, k.First(), k.Sent())
		}
	}
	if !slices.IsSortedFunc(mfa.Kinds(), func(a, b mfa.Kind) int { return int(b.Level() - a.Level()) }) {
		t.Errorf("not strongest first: %v", mfa.Kinds())
	}
}

func TestWhatOnlyStandsInIsNeverEnrolled(t *testing.T) {
	t.Parallel()
	for _, k := range []mfa.Kind{mfa.BackupCode, mfa.AccessCode} {
		if !k.Recovery() || !k.Second() || k.Enrolled() || k.First() || k.Sent() || k.Level() != mfa.TwoStep {
			t.Errorf("%s", k)
		}
	}
	for _, k := range []mfa.Kind{mfa.TrustedDevice, mfa.Skipped, "handshake", ""} {
		if k.First() || k.Second() || k.Enrolled() || k.Recovery() || k.Level() > mfa.OneFactor {
			t.Errorf("%q counts", k)
		}
	}
}

func TestKeyThatWasOnlyTouchedIsWorthLess(t *testing.T) {
	t.Parallel()
	touched := proofs(mfa.WebAuthn)[0]
	if touched.First() || touched.Level() != mfa.AAL2 || !passkey.First() || passkey.Level() != mfa.PhishingResistant {
		t.Errorf("%v %v, %v %v", touched.First(), touched.Level(), passkey.First(), passkey.Level())
	}
	other := mfa.Proof{Kind: mfa.TOTP, At: now, UserVerified: true}
	if other.First() || other.Level() != mfa.AAL2 {
		t.Error("the flag of a key raises another kind")
	}
}
