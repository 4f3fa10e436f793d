package code_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sallyport/mfa/code"
)

func TestMaskShowsOneLetterAndTheDomain(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"jane@acme.no":                "j•••@acme.no",
		"jo@acme.no":                  "j•••@acme.no",
		"j@acme.no":                   "•••@acme.no",
		"7@acme.no":                   "•••@acme.no",
		"j.@acme.no":                  "•••@acme.no",
		"42@acme.no":                  "4•••@acme.no",
		"åse@blåbær.no":               "å•••@blåbær.no",
		"å@blåbær.no":                 "•••@blåbær.no",
		"a\u030a@acme.no":             "•••@acme.no", // one letter, written as two
		"a\u030ase@acme.no":           "a•••@acme.no",
		"用户@例え.jp":                    "用•••@例え.jp",
		"用@例え.jp":                     "•••@例え.jp",
		"\u202eenaj@acme.no":          "•••@acme.no",
		"\"jane doe@home\"@acme.no":   "•••@acme.no",
		"jane.doe+shopping@acme.no":   "j•••@acme.no",
		"\xffjane@acme.no":            "•••@acme.no",
		"@acme.no":                    "•••@acme.no",
		"jane":                        "•••",
		"":                            "•••",
		strings.Repeat("j", 64) + "@": "j•••@",
	} {
		if got := code.MaskEmail(address); got != want {
			t.Errorf("%q is shown as %q, want %q", address, got, want)
		}
	}
}

func FuzzMaskEmail(f *testing.F) {
	f.Add("jane", "acme.no")
	f.Add("j", "acme.no")
	f.Fuzz(func(t *testing.T, name, domain string) {
		if strings.Contains(domain, "@") {
			return
		}
		first, _ := utf8.DecodeRuneInString(name)
		got := code.MaskEmail(name + "@" + domain)
		if got != "•••@"+domain && (got != string(first)+"•••@"+domain || utf8.RuneCountInString(name) < 2) {
			t.Fatalf("%q at %q is shown as %q", name, domain, got)
		}
	})
}
