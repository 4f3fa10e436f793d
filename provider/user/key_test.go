package user_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"sallyport/provider/user"
)

func TestB05SpellingsOfOneAddressHaveOneKey(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"alice@acme.test":      "alice@acme.test",
		"Alice@ACME.Test":      "alice@acme.test",
		" alice@acme.test\r\n": "alice@acme.test",
		"ａｌｉｃｅ＠ａｃｍｅ．ｔｅｓｔ":                       "alice@acme.test",
		"alice﹫acme.test":                       "alice@acme.test",
		"a\u030angstro\u0308m@acme.test":        "ångström@acme.test",
		"Å\u030angstrom@acme.test":              "å\u030angstrom@acme.test",
		"\u212bngstr\u00d6m@acme.test":          "ångström@acme.test",
		"\u212aelvin@acme.test":                 "kelvin@acme.test",
		"ﬁsh@acme.test":                         "fish@acme.test",
		"İ\u0301x@acme.test":                    "íx@acme.test",
		"a+b@acme.test":                         "a+b@acme.test",
		"o'neil@acme.test":                      "o'neil@acme.test",
		strings.Repeat("a", 244) + "@acme.test": strings.Repeat("a", 244) + "@acme.test",
	} {
		if got, err := user.Key(typed); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", typed, got, err, want)
		}
	}
}

func TestLookAlikesStayApart(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	for _, s := range []string{"alice@acme.test", "аlice@acme.test", "al1ce@acme.test", "aliсe@acme.test", "alice+x@acme.test", "a.lice@acme.test", "alıce@acme.test"} {
		key, err := user.Key(s)
		if err != nil {
			t.Errorf("%q: %v", s, err)
		}
		if twin, taken := keys[key]; taken {
			t.Errorf("%q and %q are one", s, twin)
		}
		keys[key] = s
	}
}

func TestWhatIsNoAddressIsRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "@", "alice", "alice@", "@acme.test", "a@b@c", "alice＠acme@test", "a b@acme.test", "alice@ac me.test",
		"alice@acme.test\u00a0x", "a\x00@acme.test", "a\r\nBcc: x@acme.test", "a\u200b@acme.test", "a\u202e@acme.test", "a\ufeff@acme.test",
		"\xff@acme.test", "a@\xc3", "a\xed\xa0\x80@acme.test", "a,b@acme.test", "<a@acme.test>", `"a"@acme.test`, "a;b@acme.test", `a\b@acme.test`,
		"⒜@acme.test", "a\u00a8@acme.test", strings.Repeat("a", 245) + "@acme.test", strings.Repeat("ﷺ", 100) + "@acme.test"} {
		if key, err := user.Key(s); !errors.Is(err, user.ErrEmail) {
			t.Errorf("%.40q: %q, %v", s, key, err)
		}
	}
}

// Two broken byte sequences must not become one account.
func FuzzKey(f *testing.F) {
	f.Add("İ\u0301@acme.test")
	f.Add("\xff@acme.test")
	f.Add("ａ＠b")
	f.Fuzz(func(t *testing.T, s string) {
		key, err := user.Key(s)
		if err != nil {
			return
		}
		again, err := user.Key(key)
		if err != nil || again != key {
			t.Fatalf("%q: the key of %q is %q (%v)", s, key, again, err)
		}
		if !utf8.ValidString(s) || len(key) > 254 || strings.Count(key, "@") != 1 {
			t.Fatalf("%q was accepted as %q", s, key)
		}
	})
}
