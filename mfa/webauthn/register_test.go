package webauthn_test

import (
	"encoding/json"
	"errors"
	"testing"

	"sallyport/mfa"
	"sallyport/mfa/webauthn"
	"sallyport/mfa/webauthn/webauthntest"
	"sallyport/storage/id"
)

// ours is the AAGUID of the test authenticator.
const ours, others = "aa000000-0000-0000-0000-000000000001", "bb000000-0000-0000-0000-000000000001"

func TestCredentialSaysWhatItIs(t *testing.T) {
	t.Parallel()
	p := stranger(t)
	p.Attestation, p.BackupEligible, p.BackedUp, p.Counter = webauthntest.Certificate, true, true, 7
	p.enrol(t)
	c := p.made
	if c.Counter != 7 || !c.UserVerified || !c.Synced || c.AAGUID != ours || !c.Attested {
		t.Errorf("%+v", c)
	}
	q := stranger(t)
	q.UserVerified, q.AAGUID = false, [16]byte{}
	q.enrol(t)
	if c := q.made; c.UserVerified || c.Synced || c.AAGUID != "" || c.Attested {
		t.Errorf("%+v", c)
	}
}

func TestRulesAreEnforcedOnTheServer(t *testing.T) {
	t.Parallel()
	attested := webauthn.Rules{Attestation: true}
	for _, c := range []struct {
		rules       webauthn.Rules
		attestation webauthntest.Attestation
		verified    bool
		want        error
	}{
		{webauthn.Rules{}, webauthntest.None, false, nil},
		{webauthn.Rules{UserVerification: true}, webauthntest.None, true, nil},
		{webauthn.Rules{UserVerification: true}, webauthntest.None, false, webauthn.ErrNotAllowed},
		{attested, webauthntest.Certificate, false, nil},
		{attested, webauthntest.Self, true, webauthn.ErrNotAllowed},
		{attested, webauthntest.None, true, webauthn.ErrNotAllowed},
		{webauthn.Rules{Attestation: true, AAGUIDs: []string{others, ours}}, webauthntest.Certificate, true, nil},
		{webauthn.Rules{Attestation: true, AAGUIDs: []string{others}}, webauthntest.Certificate, true, webauthn.ErrNotAllowed},
		{webauthn.Rules{Attestation: true, AAGUIDs: []string{ours}}, webauthntest.Self, true, webauthn.ErrNotAllowed},
		{webauthn.Rules{Attestation: true, AAGUIDs: []string{ours}}, webauthntest.None, true, webauthn.ErrNotAllowed},
		{webauthn.Rules{AAGUIDs: []string{ours}}, webauthntest.Certificate, true, webauthn.ErrRules},
	} {
		p := stranger(t)
		p.Attestation, p.UserVerified = c.attestation, c.verified
		response := p.respond(t, webauthn.Rules{}) // the browser was talked out of everything
		if got, err := p.f.Register(response, p.claim.Challenge, p.self(), c.rules); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) ||
			(got.Secret == nil) != (err != nil) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestRulesNameModels(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]bool{ours: true, "AA000000-0000-0000-0000-000000000001": false, "": false, "YubiKey": false,
		"aa000000000000000000000000000001": false, "00000000-0000-0000-0000-000000000000": false} {
		if err := (webauthn.Rules{Attestation: true, AAGUIDs: []string{ours, model}}).Validate(); (err == nil) != want || (err != nil && !errors.Is(err, webauthn.ErrRules)) {
			t.Errorf("%q: %v", model, err)
		}
	}
}

// A statement over anything else than this credential in this ceremony is no word about it.
func TestAttestationMustVerify(t *testing.T) {
	t.Parallel()
	for _, attestation := range []webauthntest.Attestation{webauthntest.Self, webauthntest.Certificate} {
		for what, bend := range map[string]func(o map[string]any){
			"broken signature": func(o map[string]any) { sig := statement(o)["sig"].([]byte); sig[len(sig)-1] ^= 1 },
			"no signature":     func(o map[string]any) { delete(statement(o), "sig") },
			"other algorithm":  func(o map[string]any) { statement(o)["alg"] = webauthntest.ES384 },
			"changed data":     func(o map[string]any) { o["authData"].([]byte)[36] ^= 1 },
			"unknown format":   func(o map[string]any) { o["fmt"] = "paper" },
			"safetynet":        func(o map[string]any) { o["fmt"] = "android-safetynet" },
			"called none":      func(o map[string]any) { o["fmt"] = "none" },
			"called U2F":       func(o map[string]any) { o["fmt"] = "fido-u2f" },
			"called TPM":       func(o map[string]any) { o["fmt"] = "tpm" },
			"called Apple":     func(o map[string]any) { o["fmt"] = "apple" },
			"called Android":   func(o map[string]any) { o["fmt"] = "android-key" },
			"no format":        func(o map[string]any) { delete(o, "fmt") },
			"empty chain":      func(o map[string]any) { statement(o)["x5c"] = []any{} },
			"garbage chain":    func(o map[string]any) { statement(o)["x5c"] = []any{[]byte{0x30, 0x03, 1, 2, 3}} },
			"chain of numbers": func(o map[string]any) { statement(o)["x5c"] = []any{1, 2} },
			"ECDAA":            func(o map[string]any) { delete(statement(o), "x5c"); statement(o)["ecdaaKeyId"] = []byte{1} },
		} {
			p := stranger(t)
			p.Attestation, p.Object = attestation, bend
			if _, err := p.f.Register(p.respond(t, webauthn.Rules{}), p.claim.Challenge, p.self(), webauthn.Rules{}); !errors.Is(err, webauthn.ErrResponse) {
				t.Errorf("%s, %s: %v", attestation, what, err)
			}
		}
	}
}

func statement(o map[string]any) map[string]any { return o["attStmt"].(map[string]any) }

func TestModelInTheCertificateIsTheOneThatIsSaid(t *testing.T) {
	t.Parallel()
	p := stranger(t)
	p.Attestation = webauthntest.Certificate
	p.AuthData = func(data []byte) []byte { data[37] = 0xbb; return data }
	if _, err := p.f.Register(p.respond(t, webauthn.Rules{}), p.claim.Challenge, p.self(), webauthn.Rules{}); !errors.Is(err, webauthn.ErrResponse) {
		t.Errorf("the certificate is for another model: %v", err)
	}
}

func TestEnrolledAuthenticatorIsExcluded(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	options, err := p.f.Creation(p.claim.Challenge, p.self(), p.claim.Secrets, webauthn.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Create(options); !errors.Is(err, webauthntest.ErrExcluded) {
		t.Errorf("a second credential on the same key: %v", err)
	}
}

// A browser that ignores the list of excluded credentials is noticed on the server.
func TestSameCredentialIsNotEnrolledTwice(t *testing.T) {
	t.Parallel()
	p, q := enrolled(t), enrolled(t)
	for made, want := range map[*person]bool{p: true, q: false} {
		if held, err := webauthn.Holds(p.claim.Secrets, made.made); held != want || err != nil {
			t.Errorf("%v, %v, want %v", held, err, want)
		}
	}
	if _, err := webauthn.Holds(p.claim.Secrets, webauthn.Credential{}); !errors.Is(err, webauthn.ErrRecord) {
		t.Errorf("no credential: %v", err)
	}
}

func TestPersonHasAHandleOfOurs(t *testing.T) {
	t.Parallel()
	p := stranger(t)
	for _, handle := range [][]byte{nil, []byte("alice"), make([]byte, 32)} {
		if _, err := p.f.Creation(p.claim.Challenge, webauthn.Person{Handle: handle}, nil, webauthn.Rules{}); !errors.Is(err, webauthn.ErrPerson) {
			t.Errorf("options for %x: %v", handle, err)
		}
		if _, err := p.f.Register("{}", p.claim.Challenge, webauthn.Person{Handle: handle}, webauthn.Rules{}); !errors.Is(err, webauthn.ErrPerson) {
			t.Errorf("credential for %x: %v", handle, err)
		}
	}
}

// One damaged row is reported, but does not lock its owner's other keys out.
func TestUnreadableRecordIsAnError(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	answer := p.answer(t)
	var later map[string]any
	if err := json.Unmarshal(p.claim.Secrets[0].Secret, &later); err != nil {
		t.Fatal(err)
	}
	later["v"] = 2
	future, err := json.Marshal(later)
	later["v"], later["id"] = 1, ""
	nameless, other := json.Marshal(later)
	if err := errors.Join(err, other); err != nil {
		t.Fatal(err)
	}
	good := p.claim.Secrets
	for _, secret := range [][]byte{nil, []byte("{}"), []byte("garbage"), future, nameless, []byte(`{"v":1,"id":"AAAA","key":"oA=="}`)} {
		damaged := mfa.Secret{Factor: id.NewFactor(), Secret: secret}
		p.claim.Secrets = []mfa.Secret{damaged}
		if _, ok, err := p.f.Verify(answer, p.claim); ok || !errors.Is(err, webauthn.ErrRecord) {
			t.Errorf("%.20q: %v, %v", secret, ok, err)
		}
		if _, err := p.f.Request(p.claim.Challenge, p.claim.Secrets, true); !errors.Is(err, webauthn.ErrRecord) {
			t.Errorf("request with %.20q: %v", secret, err)
		}
		p.claim.Secrets = append(p.claim.Secrets, good...)
		if _, ok, err := p.f.Verify(answer, p.claim); !ok || err != nil {
			t.Errorf("%.20q before a good one: %v, %v", secret, ok, err)
		}
	}
}
