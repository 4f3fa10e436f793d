package webauthn_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"sallyport/mfa/webauthn"
	"sallyport/mfa/webauthn/webauthntest"
)

// wrong demands that a registration is refused as malformed.
func wrong(t *testing.T, what string, bend func(p *person)) {
	t.Helper()
	for _, attestation := range []webauthntest.Attestation{webauthntest.None, webauthntest.Self, webauthntest.Certificate} {
		p := stranger(t)
		p.Attestation = attestation
		bend(p)
		c, err := p.f.Register(p.respond(t, webauthn.Rules{}), p.claim.Challenge, p.self(), webauthn.Rules{})
		if !errors.Is(err, webauthn.ErrResponse) || c.Secret != nil {
			t.Errorf("%s, attestation %s: %v", what, attestation, err)
		}
	}
}

func TestL05KeysThatCannotBe(t *testing.T) {
	t.Parallel()
	for what, bend := range map[string]func(k map[int]any){
		"no kind":                  func(k map[int]any) { delete(k, 1) },
		"another kind":             func(k map[int]any) { k[1] = 1 },
		"RSA for EC":               func(k map[int]any) { k[1] = 3 },
		"symmetric":                func(k map[int]any) { k[1] = 4 },
		"lattice":                  func(k map[int]any) { k[1] = 7 },
		"no algorithm":             func(k map[int]any) { delete(k, 3) },
		"EdDSA for EC":             func(k map[int]any) { k[3] = webauthntest.EdDSA },
		"RS256 for EC":             func(k map[int]any) { k[3] = webauthntest.RS256 },
		"ES384 on P-256":           func(k map[int]any) { k[3] = webauthntest.ES384 },
		"not asked for":            func(k map[int]any) { k[3] = -9 },
		"SHA-1":                    func(k map[int]any) { k[3] = -65535 },
		"algorithm as text":        func(k map[int]any) { k[3] = "ES256" },
		"no curve":                 func(k map[int]any) { delete(k, -1) },
		"P-384":                    func(k map[int]any) { k[-1] = 2 },
		"secp256k1":                func(k map[int]any) { k[-1] = 8 },
		"off the curve":            func(k map[int]any) { k[-2].([]byte)[0] ^= 1 },
		"infinity":                 func(k map[int]any) { k[-2], k[-3] = make([]byte, 32), make([]byte, 32) },
		"short":                    func(k map[int]any) { k[-2] = k[-2].([]byte)[:31] },
		"long":                     func(k map[int]any) { k[-3] = append(k[-3].([]byte), 0) },
		"no point":                 func(k map[int]any) { delete(k, -2); delete(k, -3) },
		"point as number":          func(k map[int]any) { k[-2] = 1 },
		"RSA that hashes as EdDSA": func(k map[int]any) { rsaKey(2048, webauthntest.EdDSA)(k) },
		"short RSA":                rsaKey(1024, webauthntest.RS256),
		"RSA without a modulus":    rsaKey(0, webauthntest.RS256),
		"RSA bomb":                 rsaKey(200_000, webauthntest.RS256),
		"exponent bomb":            func(k map[int]any) { rsaKey(2048, webauthntest.RS256)(k); k[-2] = bytes.Repeat([]byte{0xff}, 200) },
		"exponent zero":            func(k map[int]any) { rsaKey(2048, webauthntest.RS256)(k); k[-2] = []byte{0} },
	} {
		wrong(t, what, func(p *person) { p.Key = bend })
	}
}

func modulus(bits int) *big.Int {
	if bits == 0 {
		return new(big.Int)
	}
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return n.SetBit(n, 0, 1)
}

func rsaKey(bits, algorithm int) func(k map[int]any) {
	return func(k map[int]any) {
		clear(k)
		k[1], k[3], k[-1], k[-2] = 3, algorithm, modulus(bits).Bytes(), []byte{1, 0, 1}
	}
}

func TestL05AuthenticatorDataThatCannotBe(t *testing.T) {
	t.Parallel()
	for what, bend := range map[string]func(data []byte) []byte{
		"trailing byte":         func(d []byte) []byte { return append(d, 0) },
		"trailing map":          func(d []byte) []byte { return append(d, 0xa0) },
		"cut short":             func(d []byte) []byte { return d[:len(d)-1] },
		"only a header":         func(d []byte) []byte { return d[:37] },
		"half a header":         func(d []byte) []byte { return d[:36] },
		"nothing":               func([]byte) []byte { return nil },
		"no credential flag":    func(d []byte) []byte { d[32] &^= 1 << 6; return d },
		"missing extensions":    func(d []byte) []byte { d[32] |= 1 << 7; return d },
		"extensions of garbage": func(d []byte) []byte { d[32] |= 1 << 7; return append(d, 0xff, 0xff) },
		"extensions as array":   func(d []byte) []byte { d[32] |= 1 << 7; return append(d, 0x80) },
		"endless extensions":    func(d []byte) []byte { d[32] |= 1 << 7; return append(d, 0xbf, 0x61, 'a', 1, 0xff) },
		"huge map": func(d []byte) []byte {
			d[32] |= 1 << 7
			return append(d, 0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
		},
		"extensions twice":  func(d []byte) []byte { d[32] |= 1 << 7; return append(d, 0xa0, 0xa0) },
		"deep extensions":   func(d []byte) []byte { d[32] |= 1 << 7; return append(d, bytes.Repeat([]byte{0x81}, 30_000)...) },
		"huge id":           func(d []byte) []byte { d[53], d[54] = 0xff, 0xff; return d },
		"id too long":       func(d []byte) []byte { d[53], d[54] = 0x04, 0x00; return append(d, make([]byte, 2000)...) },
		"no id":             func(d []byte) []byte { d[53], d[54] = 0, 0; return slices.Concat(d[:55], d[87:]) },
		"another id":        func(d []byte) []byte { d[55] ^= 1; return d },
		"key as huge text":  func(d []byte) []byte { return append(d[:87], 0x7b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff) },
		"key as huge array": func(d []byte) []byte { return append(d[:87], 0x9b, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff) },
		"key as number":     func(d []byte) []byte { return append(d[:87], 0x01) },
		"key with a tag":    func(d []byte) []byte { return append(append(slices.Clone(d[:87]), 0xc1), d[87:]...) },
		"backed up only":    func(d []byte) []byte { d[32] |= 1 << 4; return d },
	} {
		wrong(t, what, func(p *person) { p.AuthData = bend })
	}
}

func TestL05CertificateBombs(t *testing.T) {
	t.Parallel()
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: noon.AddDate(-5, 0, 0), NotAfter: noon.AddDate(90, 0, 0)}
	bomb, err := x509.CreateCertificate(rand.Reader, template, template, &rsa.PublicKey{N: modulus(100_000), E: 1<<31 - 1}, signer)
	small, other := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err := errors.Join(err, other); err != nil {
		t.Fatal(err)
	}
	for want, chain := range map[string][]any{"RSA with 100000 bits": {bomb}, "6 certificates": {small, small, small, small, small, small}} {
		p := stranger(t)
		p.Attestation = webauthntest.Certificate
		p.Object = func(o map[string]any) { statement(o)["x5c"] = chain }
		_, err := p.f.Register(p.respond(t, webauthn.Rules{}), p.claim.Challenge, p.self(), webauthn.Rules{})
		if !errors.Is(err, webauthn.ErrResponse) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestL05AnswersThatCannotBe(t *testing.T) {
	t.Parallel()
	for what, bend := range map[string]func(data []byte) []byte{
		"trailing byte":      func(d []byte) []byte { return append(d, 0) },
		"cut short":          func(d []byte) []byte { return d[:36] },
		"nothing":            func([]byte) []byte { return nil },
		"missing credential": func(d []byte) []byte { d[32] |= 1 << 6; return d },
		"missing extensions": func(d []byte) []byte { d[32] |= 1 << 7; return d },
		"huge extensions": func(d []byte) []byte {
			d[32] |= 1 << 7
			return append(d, 0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
		},
		"backed up only":       func(d []byte) []byte { d[32] |= 1 << 4; return d },
		"eligible all at once": func(d []byte) []byte { d[32] |= 1 << 3; return d },
	} {
		p := enrolled(t)
		p.AuthData = bend
		p.refuses(t, what, p.answer(t))
	}
}

func TestL05BackupIsEligibleForLife(t *testing.T) {
	t.Parallel()
	p := stranger(t)
	p.BackupEligible = true
	p.enrol(t)
	p.BackedUp = true
	if _, ok := p.judge(t, p.answer(t)); !ok {
		t.Error("an eligible credential cannot be backed up later")
	}
	p.BackupEligible, p.BackedUp = false, false
	p.refuses(t, "not eligible any more", p.answer(t))
}

func TestL05JSONThatIsNoCredential(t *testing.T) {
	t.Parallel()
	p, q := enrolled(t), stranger(t)
	for _, good := range []string{p.answer(t), q.respond(t, webauthn.Rules{})} {
		for what, text := range map[string]string{
			"nothing": "", "null": "null", "number": "1", "empty": "{}", "array": "[" + good + "]", "twice": good + good, "cut": good[:len(good)-1],
			"other type":    strings.Replace(good, `"public-key"`, `"password"`, 1),
			"no type":       strings.Replace(good, `"type"`, `"kind"`, 1),
			"no id":         strings.Replace(good, `"id"`, `"it"`, 1),
			"no raw id":     strings.Replace(good, `"rawId"`, `"raw"`, 1),
			"another id":    strings.Replace(good, `"id":"`, `"id":"AAAA`, 1),
			"id as number":  strings.Replace(good, `"id":"`, `"id":1,"it":"`, 1),
			"no base64":     strings.Replace(good, `"clientDataJSON":"`, `"clientDataJSON":"!`, 1),
			"client of air": strings.Replace(good, `"clientDataJSON":"`, `"clientDataJSON":"","x":"`, 1),
			"no response":   strings.Replace(good, `"response"`, `"answer"`, 1),
			"deep":          strings.Repeat(`{"response":`, 5000) + "1" + strings.Repeat("}", 5000),
			"long":          good[:1] + strings.Repeat(" ", 64<<10) + good[1:],
		} {
			if clean, ok := p.f.Clean(text); ok {
				t.Errorf("%s was read as %.80q", what, clean)
			}
			if _, err := q.f.Register(text, q.claim.Challenge, q.self(), webauthn.Rules{}); !errors.Is(err, webauthn.ErrResponse) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
}

func TestAnswerHasOneForm(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	good := p.answer(t)
	want, ok := p.f.Clean(good)
	if !ok || len(want) >= len(good) {
		t.Fatalf("%q, %v", want, ok)
	}
	for _, other := range []string{" " + good + "\n", strings.Replace(good, `","`, `=","`, 1), strings.Replace(good, `"id":"`, `"id":"\r\n`, 1),
		strings.Replace(good, `"clientExtensionResults":{}`, `"clientExtensionResults":{"appid":"garbage"},"x":[1]`, 1)} {
		if got, ok := p.f.Clean(other); !ok || got != want {
			t.Errorf("%q: %q, %v", other, got, ok)
		}
	}
	if _, ok := p.judge(t, want); !ok {
		t.Error("the clean form is refused")
	}
}

func TestSignatureIsOverAllOfIt(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	good, _ := p.f.Clean(p.answer(t))
	p.ClientData = func(d map[string]any) { d["x"] = 1 }
	later, _ := p.f.Clean(p.answer(t)) // with another counter, as well
	for _, member := range []string{"authenticatorData", "signature", "clientDataJSON"} {
		was, is := response(t, good)[member].(string), response(t, later)[member].(string)
		if was == is {
			t.Errorf("two answers have the same %s", member)
		}
		p.refuses(t, member+" of another answer", strings.Replace(good, was, is, 1))
	}
	if _, ok := p.judge(t, later); !ok {
		t.Error("what a browser adds to the client data is not ignored")
	}
}

func response(t *testing.T, answer string) map[string]any {
	t.Helper()
	return read(t, answer)["response"].(map[string]any)
}
