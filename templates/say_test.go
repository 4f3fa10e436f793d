package templates_test

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"sallyport/templates"
)

// spoken is data for every sentence of an explanation.
func spoken() map[string]any {
	return map[string]any{"Connection": "Contoso", "Grade": "good", "Method": "totp", "Rule": "Contractors", "ACR": "phr", "Required": "urn:sallyport:acr:2sv",
		"Reached": "", "Version": 7, "Before": "let_in", "After": "asked", "AMR": "pwd otp", "Class": "phr", "Author": "kari@acme.example", "Date": "2026-03-01",
		"Rules": []string{"enrolled", "rule:Contractors", "no_such"}}
}

func TestEveryExplanationHasItsWords(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "explain.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	keys := literals(t, file)
	if len(keys) < 50 {
		t.Fatalf("only %d keys", len(keys))
	}
	for _, lang := range templates.Languages() {
		for _, key := range keys {
			if got := templates.Say(lang, key, spoken()); got == key || strings.Contains(got, "no value") || strings.Contains(got, "{{") {
				t.Errorf("%s %s: %q", lang, key, got)
			}
		}
	}
}

func TestCodesInExplanationsAreNamed(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		templates.ExplainFirstFederated: "The person began with a sign-in at Contoso. Proof of a second step there: good.",
		templates.ExplainSecond:         "Then a second step was shown: Authenticator app.",
		templates.ExplainShadowed:       "These asked for a second step too, but for no more: a second step has been set up; Rule: Contractors; no_such.",
		templates.ExplainLevels:         "Needed: two steps. Reached: nothing.",
		templates.ExplainDemand:         "The app asked for: two steps with a key or device that cannot be phished.",
		templates.ExplainWatched:        "By the policy in force: let in. By the one that is only watched: asked for a second step.",
	} {
		if got := templates.Say(language.English, key, spoken()); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestI03NamesInExplanationsAreTame(t *testing.T) {
	t.Parallel()
	data := map[string]any{"AMR": "pwd otp", "Class": "phr", "Author": "kari@acme.example", "Date": "2026-03-01",
		"Rules": []string{"rule:" + strings.Repeat("evil\n\x1b[31m\u202e", 200)}}
	got := templates.Say(language.English, templates.ExplainWaived, data)
	if strings.ContainsAny(got, "\n\x1b\u202e") || len(got) > 400 || !strings.Contains(got, "evil") {
		t.Errorf("%.500q", got)
	}
}

func TestWhatCannotBeSaidIsItsKey(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"explain.no_such", templates.ExplainSecond} {
		if got := templates.Say(language.English, key, nil); got != key {
			t.Errorf("%q", got)
		}
	}
}
