package web_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode"

	"sallyport/provider/web"
)

var welcome = []string{
	"/", "/account", "/account/", "/account/factors?new=1", "/a?next=%2F%2Fevil.example", "/a-b_c~d.e", "/@me", "/a%20b", "/a?q=%25", "/...",
}

// elsewhere is what products were caught by (gauntlet I06) and its siblings.
var elsewhere = []string{
	"", "account", "?a", "#a", ".", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "\\\\evil.example", "/\\/evil.example",
	"https://evil.example", "https:evil.example", "HTTPS:/evil.example", "javascript:alert(1)", "data:text/html,x", "mailto:a@b.example",
	"/%2fevil.example", "/%2Fevil.example", "%2f%2fevil.example", "/%5cevil.example", "/a/%5C..", "/%252fevil.example", "/%25252f", "/a%2f..%2f..%2fevil",
	"/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example", "/ /evil.example", "/%09/evil.example", "/%00", "/%0d%0aSet-Cookie:a=b", "/\x00",
	"/.//evil.example", "/..//evil.example", "/../evil", "/a/../b", "/./a", "/%2e%2e/evil", "/%2e/a", "/a/..", "/a//b", "/a?u=https://evil.example",
	"/#@evil.example", "/a#b", "/%", "/%zz", "/é", "/\u2215\u2215evil.example", "/\uff0fevil.example", "/\u202egnp", "//user@evil.example", "/a\\b", "/\x7f", "/\xff",
	"/" + strings.Repeat("a", 2048), "/" + strings.Repeat("∕", 700),
}

func TestI06ReturnToStaysHere(t *testing.T) {
	t.Parallel()
	for _, raw := range welcome {
		if got, ok := web.ReturnTo(raw); !ok || got != raw {
			t.Errorf("%q refused: %q", raw, got)
		}
	}
	for _, raw := range elsewhere {
		if got, ok := web.ReturnTo(raw); ok || got != "" {
			t.Errorf("%q accepted as %q", raw, got)
		}
	}
}

func FuzzReturnTo(f *testing.F) {
	for _, raw := range append(welcome, elsewhere...) {
		f.Add(raw)
	}
	public := mustURL("https://id.example.com")
	f.Fuzz(func(t *testing.T, raw string) {
		got, ok := web.ReturnTo(raw)
		if !ok {
			if got != "" {
				t.Fatalf("%q refused with %q", raw, got)
			}
			return
		}
		if got[0] != '/' || strings.Contains(got, "//") || strings.ContainsRune(got, '\\') || strings.ContainsFunc(got, unicode.IsControl) {
			t.Fatalf("%q", got)
		}
		u, err := public.Parse(got)
		if err != nil || u.Scheme != public.Scheme || u.Host != public.Host || u.User != nil {
			t.Fatalf("%q leads to %v, %v", got, u, err)
		}
		// A reader that decodes once more, or twice, must not find another address either.
		path, _, _ := strings.Cut(got, "?")
		for range 2 {
			if path, err = url.PathUnescape(path); err != nil {
				return
			}
			if strings.HasPrefix(path, "//") || strings.ContainsRune(path, '\\') || strings.ContainsFunc(path, unicode.IsControl) || strings.Contains(path, "/../") {
				t.Fatalf("%q decodes to %q", got, path)
			}
		}
	})
}
