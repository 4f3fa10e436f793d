package templates_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"sallyport/templates"
)

// locale reads a catalogue as its translator sees it: key to plural forms, "other" alone for most.
func locale(t *testing.T, lang language.Tag) map[string]map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("locales", lang.String()+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	for key, value := range values {
		forms, one := map[string]string{}, ""
		if json.Unmarshal(value, &one) == nil {
			forms["other"] = one
		} else if err := json.Unmarshal(value, &forms); err != nil {
			t.Fatalf("%s %s: %v", lang, key, err)
		}
		all[key] = forms
	}
	return all
}

// constants returns the values of the package's exported string constants, which stand in files of their own.
func constants(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, name := range []string{"keys.go", "admin_keys.go", "explain.go", "tested.go", "identity.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, literals(t, file)...)
	}
	return all
}

func literals(t *testing.T, file *ast.File) []string {
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, s)
		}
		return true
	})
	return all
}

// asked returns the keys that templates and page structs name.
func asked(t *testing.T) []string {
	t.Helper()
	key, all := regexp.MustCompile(`\bt "([^"]+)"`), []string{}
	pages, err := filepath.Glob("*.html")
	if err != nil {
		t.Fatal(err)
	}
	mails, err := filepath.Glob("email/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(pages, mails...) {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(body), -1) {
			all = append(all, m[1])
		}
	}
	return all
}

func TestEveryKeyAskedForIsInEveryLocale(t *testing.T) {
	t.Parallel()
	keys := append(asked(t), constants(t)...)
	if len(keys) < 100 {
		t.Fatalf("only %d keys found", len(keys))
	}
	for _, lang := range templates.Languages() {
		words := locale(t, lang)
		for _, key := range keys {
			if words[key]["other"] == "" {
				t.Errorf("%s: no message %q", lang, key)
			}
		}
	}
}

func TestNoKeyIsLeftUnused(t *testing.T) {
	t.Parallel()
	keys := append(asked(t), constants(t)...)
	for _, s := range append(minimal(), full()...) {
		keys = append(keys, s.name+".title", strings.TrimSuffix(s.name, "_totp")+".title")
	}
	composed := regexp.MustCompile(`^(rule|kind|auth|trust|role|exempt|exempt_text|domain_state|grade|outcome|acr|rule|reason|scope|method|choice|mode|level|month|when)\.|^text\.code$|^mail\.(second_step|connection)$|^mail\.[a-z_]+\.(subject|body)$|^second_factor\.(totp|sms|email|webauthn|backup_code|access_code)$`)
	for key := range locale(t, language.English) {
		body := strings.TrimSuffix(key, ".title")
		if !slices.Contains(keys, key) && !slices.Contains(keys, body) && !composed.MatchString(key) {
			t.Errorf("nothing asks for %q", key)
		}
	}
}

func TestLocalesHaveTheSameKeysFormsAndData(t *testing.T) {
	t.Parallel()
	data := regexp.MustCompile(`{{\.[A-Za-z]+}}`)
	english := locale(t, language.English)
	for _, lang := range templates.Languages() {
		words := locale(t, lang)
		if !slices.Equal(slices.Sorted(maps.Keys(words)), slices.Sorted(maps.Keys(english))) {
			t.Errorf("%s: keys differ from English", lang)
		}
		for key, forms := range english {
			if !slices.Equal(slices.Sorted(maps.Keys(words[key])), slices.Sorted(maps.Keys(forms))) {
				t.Errorf("%s: plural forms of %q differ", lang, key)
			}
			for form, text := range forms {
				want, got := data.FindAllString(text, -1), data.FindAllString(words[key][form], -1)
				slices.Sort(want)
				slices.Sort(got)
				if !slices.Equal(want, got) {
					t.Errorf("%s: %q has data %v, English has %v", lang, key, got, want)
				}
			}
		}
	}
}

func TestEveryErrorOfAPageHasATitleAndRenders(t *testing.T) {
	t.Parallel()
	bodies := []string{
		templates.ErrorBadRequest, templates.ErrorNotFound, templates.ErrorMethod, templates.ErrorForbidden, templates.ErrorCrossSite,
		templates.ErrorConflict, templates.ErrorExpired, templates.ErrorBrowser, templates.ErrorBusy, templates.ErrorThrottled,
		templates.ErrorInternal, templates.ErrorTooLarge, templates.ErrorClient, templates.ErrorRefused, templates.SignedOut,
		templates.ErrorFrozen, templates.ErrorLinkDead, templates.ErrorEmailTaken, templates.ResetSent, templates.ResetDone, templates.AddressConfirmed,
		templates.ObjectionDone, templates.ErrorUpstreamFailed, templates.ErrorUpstreamUnknown, templates.ErrorUpstreamForbidden, templates.ErrorUpstreamDenied,
		templates.ErrorUpstreamOther, templates.ErrorUpstreamStale, templates.ErrorIdentityTaken, templates.ErrorIdentityLast, templates.ErrorRefusedConnection,
	}
	for _, lang := range templates.Languages() {
		for _, body := range bodies {
			for _, minutes := range []int{1, 5} {
				page := render(t, lang, templates.Message{Body: body, Data: map[string]any{"Minutes": minutes}})
				if strings.Contains(page, "no value") || strings.Contains(page, "{{") {
					t.Errorf("%s %s: hole in the text", lang, body)
				}
			}
		}
	}
}
