package templates_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/language"

	"sallyport/templates"
)

func renderText(t *testing.T, lang language.Tag, m templates.CodeText) string {
	t.Helper()
	text, err := templates.RenderText(lang, m)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTextMessageIsBoundToItsSite(t *testing.T) {
	t.Parallel()
	m := templates.CodeText{Tenant: "Acme", Code: "123456", Host: "id.example.com"}
	for lang, want := range map[string]string{"en": "123456 is your Acme code.", "nb": "123456 er koden din hos Acme."} {
		if got := renderText(t, language.MustParse(lang), m); got != want+"\n\n@id.example.com #123456" {
			t.Errorf("%s: %q", lang, got)
		}
	}
}

func TestTextMessageFitsIntoOneWhateverTheTenantIsCalled(t *testing.T) {
	t.Parallel()
	names := append([]string{strings.Repeat("Long ", 40), strings.Repeat("Ж", 90), strings.Repeat("🏰", 90), strings.Repeat("Æ", 90), ""}, hostile...)
	for _, lang := range templates.Languages() {
		for _, name := range names {
			got := renderText(t, lang, templates.CodeText{Tenant: name, Code: "123456", Host: "id.example.com"})
			head, last, _ := strings.Cut(got, "\n\n")
			if last != "@id.example.com #123456" || strings.ContainsAny(head, "\r\n\x00\u202e") {
				t.Errorf("%s: %q", lang, got)
			}
			size, limit := len(utf16.Encode([]rune(got))), 160
			if strings.ContainsFunc(got, func(r rune) bool { return r > 'ÿ' }) {
				limit = 70
			}
			if size > limit {
				t.Errorf("%s: %d units of %d: %q", lang, size, limit, got)
			}
		}
	}
	if got := renderText(t, language.English, templates.CodeText{Tenant: strings.Repeat("Long ", 40), Code: "123456", Host: strings.Repeat("a", 150)}); !strings.HasPrefix(got, "123456 is your L code.") {
		t.Errorf("the name does not give way: %q", got)
	}
}

func TestTextMessageIsRefusedWhereItsLastLineWouldBeAnother(t *testing.T) {
	t.Parallel()
	for _, m := range []templates.CodeText{{Code: "123456"}, {Host: "id.example.com"}, {Code: "1 2", Host: "a.example"}, {Code: "12", Host: "a.example\n@b.example"}, {Code: "12", Host: "bücher.example"}} {
		if got, err := templates.RenderText(language.English, m); err == nil || got != "" {
			t.Errorf("%+v: %q", m, got)
		}
	}
}
