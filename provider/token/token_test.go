package token_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"sallyport/provider/token"
	"sallyport/storage/id"
)

var kinds = []token.Kind{token.Code, token.Access, token.Refresh, token.Attempt, token.Session, token.Client,
	token.Reset, token.Confirm, token.Objection, token.Device}

func TestSecretReadsBack(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		for _, tenant := range []id.Tenant{id.Lobby, id.NewTenant()} {
			s := token.New(k, tenant)
			got, ok := token.Parse(k, s.Text)
			if !ok || got.Tenant != tenant || got.Text != s.Text || !bytes.Equal(got.Hash, s.Hash) || !bytes.Equal(got.Hash, token.Hash(s.Text)) {
				t.Errorf("%s became %+v", s.Text, got)
			}
		}
	}
}

func TestSecretsAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 10000 {
		s := token.New(token.Code, id.Lobby).Text
		if seen[s] {
			t.Fatalf("%s twice", s)
		}
		seen[s] = true
	}
}

func TestHashDoesNotHoldTheSecret(t *testing.T) {
	t.Parallel()
	s := token.New(token.Access, id.Lobby)
	if len(s.Hash) != 32 || bytes.Contains(s.Hash, []byte(s.Text[30:36])) {
		t.Errorf("hash %x", s.Hash)
	}
}

func TestE10OneKindIsNeverAnother(t *testing.T) {
	t.Parallel()
	for _, made := range kinds {
		for _, asked := range kinds {
			if _, ok := token.Parse(asked, token.New(made, id.Lobby).Text); ok != (made == asked) {
				t.Errorf("%s read as %s: %v", made, asked, ok)
			}
		}
	}
}

// Whatever is changed in a secret, it is refused or is another secret; never the same one spelled otherwise.
func TestE10EveryChangeIsNoticed(t *testing.T) {
	t.Parallel()
	s := token.New(token.Refresh, id.NewTenant())
	for i := range len(s.Text) {
		for c := range 256 {
			if byte(c) == s.Text[i] {
				continue
			}
			changed := s.Text[:i] + string([]byte{byte(c)}) + s.Text[i+1:]
			got, ok := token.Parse(token.Refresh, changed)
			if ok && (bytes.Equal(got.Hash, s.Hash) || i < 4) {
				t.Fatalf("%q passes for %q", changed, s.Text)
			}
			if ok && !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", rune(c)) {
				t.Fatalf("%q is of another alphabet", changed)
			}
		}
	}
}

func TestE10MalformedSecretsAreRefused(t *testing.T) {
	t.Parallel()
	good := token.New(token.Code, id.NewTenant()).Text
	tenant, secret := good[4:26], good[27:]
	standard := base64.RawStdEncoding.EncodeToString(bytes.Repeat([]byte{0xfb, 0xff}, 16))
	for name, s := range map[string]string{
		"nothing": "", "a prefix": "spc", "two points": "spc..", "the tenant alone": "spc." + tenant, "no tenant": "spc.." + secret,
		"longer": good + "A", "padded": good + "=", "twice": good + good, "a point behind": good + ".", "a space before": " " + good,
		"a line behind": good + "\n", "upper case": strings.ToUpper(good), "standard alphabet": "spc." + tenant + "." + standard,
		"a line break for a character": good[:len(good)-1] + "\n", "line breaks in the tenant": "spc." + tenant[:20] + "\r\n." + secret,
		"line breaks alone":    "spc." + strings.Repeat("\n", 22) + "." + strings.Repeat("\r", 43),
		"stray bits at an end": "spc." + tenant + "." + secret[:42] + "B", "stray bits in the tenant": "spc." + tenant[:21] + "B." + secret,
		"another point": strings.Replace(good, ".", "%2e", 1), "NUL": good[:len(good)-1] + "\x00",
	} {
		if _, ok := token.Parse(token.Code, s); ok {
			t.Errorf("%s: %q", name, s)
		}
	}
	for cut := range len(good) {
		if _, ok := token.Parse(token.Code, good[:cut]); ok {
			t.Errorf("cut to %d", cut)
		}
	}
}

func FuzzParse(f *testing.F) {
	good := token.New(token.Code, id.NewTenant()).Text
	f.Add("spc", good)
	f.Add("spc", good[:24]+"\r\n"+good[26:])
	f.Add("spa", "spa."+strings.Repeat("A", 22)+"."+strings.Repeat("A", 42)+"\n")
	f.Fuzz(func(t *testing.T, kind, s string) {
		got, ok := token.Parse(token.Kind(kind), s)
		if !ok {
			return
		}
		_, secret, _ := strings.Cut(s[len(kind)+1:], ".")
		raw, err := base64.RawURLEncoding.DecodeString(secret)
		again := kind + "." + base64.RawURLEncoding.EncodeToString(got.Tenant.UUID[:]) + "." + base64.RawURLEncoding.EncodeToString(raw)
		if err != nil || again != s || len(raw) != 32 || got.Text != s {
			t.Fatalf("%q is a second spelling of %q", s, again)
		}
	})
}
