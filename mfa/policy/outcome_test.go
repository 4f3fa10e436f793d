package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

func TestOutcomeIsOfTheFirstProofAlone(t *testing.T) {
	t.Parallel()
	plain, answer := upstream(entra, 2*fresh, mfa.Upstream{AMR: "pwd"}), upstream(entra, fresh, proved(fresh))
	answer.Upstream.Asked = true
	for name, c := range map[string]struct {
		proofs []mfa.Proof
		want   policy.Outcome
	}{
		"nothing":                          {nil, policy.FirstProof},
		"a password and a code":            {[]mfa.Proof{password(fresh), code(fresh, phone)}, policy.Asked},
		"asked upstream, and answered":     {[]mfa.Proof{plain, answer}, policy.AskedUpstream},
		"asked at once":                    {[]mfa.Proof{answer}, policy.LetIn},
		"trusted":                          {[]mfa.Proof{upstream(google, fresh, mfa.Upstream{}), code(fresh, phone)}, policy.LetIn},
		"a device that is trusted":         {[]mfa.Proof{password(fresh), device(fresh, 7)}, policy.Asked},
		"local, and a passkey as well":     {[]mfa.Proof{upstream(okta, fresh, mfa.Upstream{}), passkey(fresh)}, policy.Asked},
		"failed upstream, then the factor": {[]mfa.Proof{plain, code(fresh, phone)}, policy.AskedUpstream},
	} {
		f := person(policy.Required, true, exempting, trusting, showing(c.proofs...))
		f.Asked, f.Session = true, session(code(older, phone))
		if got := policy.Decide(f.Begun()).Outcome(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	f := person(policy.Required, true, exempting, within(session(plain)))
	if f.Proofs = []mfa.Proof{answer}; policy.Decide(f.Begun()).Outcome() != policy.AskedUpstream {
		t.Error("asked for what the session lacked")
	}
}

func TestProofsKeepWhatTheProviderSaid(t *testing.T) {
	t.Parallel()
	want := upstream(entra, fresh, mfa.Upstream{Time: now, AMR: "pwd mfa", ACR: "1", ACRS: "c1 c2", SID: "s", Reauth: true, Asked: true,
		Grade: mfa.GradeGood, Level: mfa.AAL2})
	b, err := json.Marshal(want)
	var got mfa.Proof
	if err != nil || json.Unmarshal(b, &got) != nil || got != want {
		t.Errorf("%s became %+v (%v)", b, got, err)
	}
	if b, _ := json.Marshal(password(fresh)); strings.Contains(string(b), "upstream") {
		t.Errorf("a password is stored as %s", b)
	}
}
