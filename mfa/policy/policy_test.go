package policy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

func TestDocumentReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, p := range space() {
		if p[axisProofs]+p[axisSituation] > 0 {
			continue
		}
		want := *p.policy()
		want.Version = 7
		got, err := policy.Parse(7, want.Encode())
		if want.Validate() != nil {
			if !errors.Is(err, policy.ErrInvalid) {
				t.Fatalf("%+v: %v", want, err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v became %+v (%v)", want, got, err)
		}
	}
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	t.Parallel()
	good := string(policy.Default().Encode())
	edit := func(from, to string) string {
		if !strings.Contains(good, from) {
			t.Fatalf("%q is not in %s", from, good)
		}
		return strings.Replace(good, from, to, 1)
	}
	for name, document := range map[string]string{
		"nothing":                "",
		"null":                   "null",
		"empty":                  "{}",
		"a list":                 "[]",
		"cut short":              good[:len(good)-1],
		"unknown field":          edit(`{`, `{"require_hardware":true,`),
		"words behind":           good + " garbage",
		"a second document":      good + good,
		"a bracket behind":       good + "]",
		"unknown mode":           edit(`"optional"`, `"sometimes"`),
		"mode in capitals":       edit(`"optional"`, `"Optional"`),
		"unknown method":         edit(`"totp"`, `"handshake"`),
		"text messages nowhere":  edit(`"totp"`, `"sms"`),
		"unknown field in codes": edit(`"uses":1`, `"uses":1,"reusable":true`),
		"codes for nobody":       edit(`"issuers":["admin","owner"]`, `"issuers":[]`),
		"backup code as second":  edit(`"totp"`, `"backup_code"`),
		"password as second":     edit(`"totp"`, `"password"`),
		"no session":             edit(`"session_seconds":86400`, `"session_seconds":0`),
		"endless session":        edit(`"session_seconds":86400`, `"session_seconds":7776001`),
		"negative idle":          edit(`"idle_seconds":3600`, `"idle_seconds":-1`),
		"half a second":          edit(`"step_up_seconds":600`, `"step_up_seconds":600.5`),
		"overflow":               edit(`"step_up_seconds":600`, `"step_up_seconds":9223372036854775808`),
		"text for number":        edit(`"step_up_seconds":600`, `"step_up_seconds":"600"`),
	} {
		if _, err := policy.Parse(1, []byte(document)); !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := policy.Parse(1, []byte(" "+good+" \n")); err != nil {
		t.Errorf("white space around: %v", err)
	}
}

func TestDefaultIsValid(t *testing.T) {
	t.Parallel()
	if err := policy.Default().Validate(); err != nil {
		t.Error(err)
	}
}

// What was stored before rules, windows and trust were means what it meant.
func TestDocumentOfTheFirstVersionIsReadAsBefore(t *testing.T) {
	t.Parallel()
	got, err := policy.Parse(2, []byte(`{"second_factor":"required","methods":["totp"],"enrol_with_password":false,
		"session_seconds":28800,"idle_seconds":1800,"step_up_seconds":300}`))
	want := policy.Policy{Version: 2, SecondFactor: policy.Required, Methods: []mfa.Kind{mfa.TOTP}, Session: 28800, Idle: 1800, StepUp: 300,
		CodeLife: policy.Default().CodeLife, AccessCode: policy.Default().AccessCode}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v (%v)", got, err)
	}
}

func TestPartOfAnObjectLeavesTheRestAtItsDefault(t *testing.T) {
	t.Parallel()
	got, err := policy.Parse(1, []byte(`{"second_factor":"off","methods":[],"enrol_with_password":true,"session_seconds":3600,"idle_seconds":3600,
		"step_up_seconds":600,"access_codes":{"enabled":false,"issuers":["owner"]}}`))
	want := policy.Default().AccessCode
	want.Enabled, want.Issuers = false, []string{"owner"}
	if err != nil || !reflect.DeepEqual(got.AccessCode, want) {
		t.Errorf("%+v (%v)", got.AccessCode, err)
	}
	if again := policy.Default().AccessCode.Issuers; len(again) != 2 || again[0] != "admin" {
		t.Errorf("the defaults became %v", again)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(policy.Default().Encode())
	f.Add(full().Encode())
	f.Add([]byte(`{"second_factor":"required","methods":["totp"]} x`))
	f.Add([]byte(`{"second_factor":"off","second_factor":"required"}`))
	upstreams := person(policy.Required, false, exempting, passwordless)
	f.Add(upstreams.Policy.Encode())
	f.Fuzz(func(t *testing.T, document []byte) {
		p, err := policy.Parse(3, document)
		if err != nil {
			if !errors.Is(err, policy.ErrInvalid) {
				t.Fatalf("%q: %v", document, err)
			}
			return
		}
		if !json.Valid(document) || p.Validate() != nil {
			t.Fatalf("%q was accepted", document)
		}
		again, err := policy.Parse(3, p.Encode())
		if err != nil || !bytes.Equal(again.Encode(), p.Encode()) {
			t.Fatalf("%q reads back as %+v (%v)", document, again, err)
		}
		who := policy.User{Known: true, Role: "user", Email: "kari@acme.example"}
		d := policy.Decide(policy.Facts{Now: now, TenantLive: true, Policy: &p, User: who, Proofs: []mfa.Proof{password(0)}})
		everybody := slices.ContainsFunc(p.Rules, func(r policy.Rule) bool {
			return r.Level != "none" && len(r.Roles)+len(r.Domains)+len(r.Clients)+len(r.Networks)+len(r.Outside) == 0
		})
		if (p.SecondFactor == policy.Required || everybody) && d.Satisfied() {
			t.Fatalf("%q lets a password pass", document)
		}
		fuzzFederated(t, p, document)
	})
}

// fuzzFederated: no document makes more of a sign-in that says nothing than a first proof, nor lets one in that is not
// linked.
func fuzzFederated(t *testing.T, p policy.Policy, document []byte) {
	t.Helper()
	f := policy.Facts{Now: now, TenantLive: true, Policy: &p, User: policy.User{Known: true, Role: "user"}}
	for _, e := range p.Exemptions {
		u := mfa.Upstream{Connection: e.Connection, Identity: kariAtEntra, Time: now, Grade: mfa.GradeStrong, Level: mfa.PhishingResistant}
		f.Proofs, f.User.Identities = []mfa.Proof{{Kind: mfa.Federated, At: now, Upstream: u}}, nil
		if d := policy.Decide(f); !d.First {
			t.Fatalf("%q lets in who is not linked: %+v", document, d)
		}
		f.User.Identities = []policy.Identity{{ID: kariAtEntra, Connection: e.Connection}}
		if d := policy.Decide(f); d.Reached != mfa.OneFactor || d.Exempt != e.Mode {
			t.Fatalf("%q makes something of nothing: %+v", document, d)
		}
	}
}
