package templates_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"

	"sallyport/templates"
)

func TestMatchTakesTheFirstWishWeCanMeet(t *testing.T) {
	t.Parallel()
	cases := []struct {
		wishes []string
		want   string
	}{
		{nil, "en"},
		{[]string{"", ""}, "en"},
		{[]string{"nb"}, "nb"},
		{[]string{"no"}, "nb"},
		{[]string{"nn-NO"}, "nb"},
		{[]string{"fr nb en"}, "nb"},
		{[]string{"en-GB nb"}, "en"},
		{[]string{"", "nb-NO,nb;q=0.9,en;q=0.8"}, "nb"},
		{[]string{"", "en-US,en;q=0.9,nb;q=0.8"}, "en"},
		{[]string{"", "nb;q=0.1, en;q=0.9"}, "en"},
		{[]string{"fr", "nb"}, "nb"},
		{[]string{"en", "nb"}, "en"},
		{[]string{"ja", "zh-Hant"}, "en"},
		{[]string{"*"}, "en"},
		{[]string{"nb;q=zero;;,,,;q"}, "en"},
		{[]string{"\x00\xff<script>"}, "en"},
		{[]string{"!!!", "nb"}, "nb"},
		{[]string{strings.Repeat("nb,", 100_000)}, "en"},
		{[]string{strings.Repeat("a-", 100_000)}, "en"},
	}
	for _, c := range cases {
		if got := templates.Match(c.wishes...); got.String() != c.want {
			t.Errorf("Match(%.60q) = %s, want %s", c.wishes, got, c.want)
		}
	}
}

func FuzzMatchAnswersWithALanguageWeSpeak(f *testing.F) {
	f.Add("nb en", "en;q=0.5")
	f.Add("x-", ";;q=,")
	f.Fuzz(func(t *testing.T, wish, header string) {
		if got := templates.Match(wish, header).String(); got != "en" && got != "nb" {
			t.Errorf("Match(%q, %q) = %s", wish, header, got)
		}
	})
}

func TestRenderFallsBackToTheNearestLanguage(t *testing.T) {
	t.Parallel()
	for wish, want := range map[string]string{"nn": "Logg inn", "nb-NO": "Logg inn", "fr": "Sign in", "und": "Sign in"} {
		page := render(t, language.MustParse(wish), templates.Identify{})
		if !strings.Contains(page, "<h1>"+want+"</h1>") {
			t.Errorf("%s: no heading %q", wish, want)
		}
	}
}

func TestPluralsAndDatesFollowTheLanguage(t *testing.T) {
	t.Parallel()
	utcPlus2 := time.FixedZone("", 2*60*60)
	for lang, want := range map[string][]string{
		"en": {"Try again in 1 minute.", "Try again in 5 minutes.", "12 March 2026, 14:05 UTC", "Never"},
		"nb": {"Prøv igjen om 1 minutt.", "Prøv igjen om 5 minutter.", "12. mars 2026 kl. 14.05 UTC", "Aldri"},
	} {
		pages := ""
		for _, minutes := range []int{1, 5} {
			f := templates.Frame{Error: templates.ErrorThrottled, ErrorData: map[string]any{"Minutes": minutes}}
			pages += render(t, language.MustParse(lang), templates.Identify{Frame: f})
		}
		used := []templates.Factor{{Kind: "totp", Added: time.Date(2026, time.March, 12, 16, 5, 0, 0, utcPlus2)}}
		pages += render(t, language.MustParse(lang), templates.Account{Factors: used})
		for _, text := range want {
			if !strings.Contains(pages, text) {
				t.Errorf("%s: no %q", lang, text)
			}
		}
	}
}
