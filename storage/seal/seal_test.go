package seal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"sallyport/storage/id"
	"sallyport/storage/seal"
)

var (
	here   = seal.Place{Tenant: id.NewTenant(), Table: "factors", Row: "r1", Column: "secret"}
	secret = []byte("twenty bytes of seed")
)

func generate(t *testing.T) *seal.Sealer {
	t.Helper()
	s, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sealed(t *testing.T, s *seal.Sealer, p seal.Place) []byte {
	t.Helper()
	b, err := s.Seal(p, secret)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wantOpen(t *testing.T, s *seal.Sealer, b []byte) {
	t.Helper()
	if got, err := s.Open(here, b); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("%q, %v", got, err)
	}
}

func wantClosed(t *testing.T, what string, s *seal.Sealer, p seal.Place, b []byte) {
	t.Helper()
	if got, err := s.Open(p, b); !errors.Is(err, seal.ErrOpen) || got != nil {
		t.Errorf("%s: %q, %v", what, got, err)
	}
}

func TestB09H03SealedValueOpensInItsPlaceAlone(t *testing.T) {
	t.Parallel()
	s := generate(t)
	b := sealed(t, s, here)
	wantOpen(t, s, b)
	for what, move := range map[string]func(*seal.Place){
		"another tenant":     func(p *seal.Place) { p.Tenant = id.NewTenant() },
		"the lobby":          func(p *seal.Place) { p.Tenant = id.Lobby },
		"another table":      func(p *seal.Place) { p.Table = "signing_keys" },
		"another row":        func(p *seal.Place) { p.Row = "r2" },
		"another column":     func(p *seal.Place) { p.Column = "private_key" },
		"a shifted boundary": func(p *seal.Place) { p.Row, p.Column = "r1secret", "" },
		"a smuggled comma":   func(p *seal.Place) { p.Row, p.Column = `r1","secret`, "" },
	} {
		p := here
		move(&p)
		wantClosed(t, what, s, p, b)
	}
	wantClosed(t, "another keyset", generate(t), here, b)
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	t.Parallel()
	s := generate(t)
	b := sealed(t, s, here)
	for i := range len(b) * 8 {
		changed := bytes.Clone(b)
		changed[i/8] ^= 1 << (i % 8)
		wantClosed(t, "a flipped bit", s, here, changed)
	}
	for cut := range len(b) {
		wantClosed(t, "cut short", s, here, b[:cut])
	}
	wantClosed(t, "longer", s, here, append(bytes.Clone(b), 0))
	wantClosed(t, "nothing", s, here, nil)
}

func TestSealedValuesHideTheirContent(t *testing.T) {
	t.Parallel()
	s := generate(t)
	a, b := sealed(t, s, here), sealed(t, s, here)
	if bytes.Equal(a, b) || bytes.Contains(a, secret[:6]) {
		t.Error("equal values look equal")
	}
}

func TestRotationOpensTheOldAndSealsWithTheNew(t *testing.T) {
	t.Parallel()
	old := generate(t)
	before := sealed(t, old, here)
	rotated, err := old.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	wantOpen(t, rotated, before)
	after := sealed(t, rotated, here)
	wantOpen(t, rotated, after)
	wantClosed(t, "the keyset from before", old, here, after)
	wantOpen(t, reread(t, rotated), before)
}

func reread(t *testing.T, s *seal.Sealer) *seal.Sealer {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	again, err := seal.Read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func derive(t *testing.T, s *seal.Sealer, purpose string) string {
	t.Helper()
	k, err := s.Derive(purpose, 32)
	if err != nil || len(k) != 32 {
		t.Fatalf("%d bytes, %v", len(k), err)
	}
	return string(k)
}

func TestDerivedKeysAreStable(t *testing.T) {
	t.Parallel()
	s := generate(t)
	rotated, err := s.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	want := derive(t, s, "cookies")
	for what, other := range map[string]*seal.Sealer{"again": s, "rotated": rotated, "read back": reread(t, s), "both": reread(t, rotated)} {
		if derive(t, other, "cookies") != want {
			t.Errorf("%s: another key", what)
		}
	}
	if derive(t, s, "forms") == want || derive(t, generate(t), "cookies") == want {
		t.Error("two purposes or two keysets share a key")
	}
	if k, err := s.Derive("cookies", 64); err != nil || len(k) != 64 {
		t.Errorf("64 bytes: %d, %v", len(k), err)
	}
}

func TestMalformedKeysetsAreRefusedWithoutQuotingThem(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := generate(t).Write(&b); err != nil {
		t.Fatal(err)
	}
	good := b.String()
	swapped := strings.NewReplacer(`"sealing"`, `"derivation"`, `"derivation"`, `"sealing"`).Replace(good)
	for name, document := range map[string]string{
		"nothing": "", "null": "null", "empty": "{}", "a list": "[]", "cut": good[:len(good)/2], "twice": good + good, "swapped": swapped,
		"no keys":          `{"sealing":{"primaryKeyId":1,"key":[]},"derivation":{"primaryKeyId":1,"key":[]}}`,
		"canary":           "canary-secret-value",
		"canary in JSON":   `{"sealing":"canary-secret-value","derivation":"canary-secret-value"}`,
		"another key type": strings.ReplaceAll(good, "AesGcmKey", "canary-secret-value"),
		"broken key":       strings.Replace(good, `"value":"`, `"value":"canary`, 1),
	} {
		_, err := seal.Read([]byte(document))
		if !errors.Is(err, seal.ErrKeyset) {
			t.Errorf("%s: %v, want ErrKeyset", name, err)
			continue
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error quotes it: %v", name, err)
		}
	}
}

func TestErrorsOfOpeningNameThePlaceOnly(t *testing.T) {
	t.Parallel()
	_, err := generate(t).Open(here, secret)
	if err == nil || strings.Contains(err.Error(), string(secret)) || !strings.Contains(err.Error(), "factors.secret") {
		t.Errorf("error %v", err)
	}
}
