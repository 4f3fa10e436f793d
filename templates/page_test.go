package templates_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"sallyport/templates"
)

var update = flag.Bool("update", false, "write the golden files")

var hash = regexp.MustCompile(`\.[0-9a-f]{8}\.(css|js|svg)"`)

// each runs check for every page, with least and with most data, in every language.
func each(t *testing.T, check func(t *testing.T, lang language.Tag, kind string, s sample)) {
	for _, lang := range templates.Languages() {
		for kind, samples := range map[string][]sample{"minimal": minimal(), "full": full()} {
			for _, s := range samples {
				t.Run(lang.String()+"/"+s.name+"_"+kind, func(t *testing.T) {
					t.Parallel()
					check(t, lang, kind, s)
				})
			}
		}
	}
}

func TestPagesMatchTheirGoldenFiles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, lang language.Tag, kind string, s sample) {
		got := hash.ReplaceAllString(render(t, lang, s.page), `.HASH.$1"`)
		path := filepath.Join("testdata", lang.String(), s.name+"_"+kind+".html")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("differs from %s; look at it and run with -update\n%s", path, got)
		}
	})
}

func TestEveryPageHasOneHeadingOneMainAndItsPrimaryButton(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, lang language.Tag, kind string, s sample) {
		all := nodes(t, render(t, lang, s.page))
		for _, tag := range []string{"h1", "main", "title"} {
			if n := len(pick(all, tagged(tag))); n != 1 {
				t.Errorf("%d <%s>", n, tag)
			}
		}
		primary := pick(all, func(n *node) bool { return n.has("primary") })
		if len(primary) != s.primary {
			t.Errorf("%d primary buttons, want %d", len(primary), s.primary)
		}
		for _, n := range pick(all, func(n *node) bool { return n.attrs["type"] == "submit" }) {
			if n.has("primary") == n.has("quiet") {
				t.Errorf("button %q must be primary or quiet", n.text)
			}
		}
		if got := pick(all, tagged("html"))[0].attrs["lang"]; got != lang.String() {
			t.Errorf("lang = %q, want %q", got, lang)
		}
	})
}

func TestTitleIsHeadingAndTenant(t *testing.T) {
	t.Parallel()
	all := nodes(t, render(t, language.English, templates.Identify{Frame: templates.Frame{Tenant: "Acme"}}))
	if got := pick(all, tagged("title"))[0].text; got != "Sign in – Acme" {
		t.Errorf("title %q", got)
	}
	all = nodes(t, render(t, language.English, templates.Identify{}))
	if got := pick(all, tagged("title"))[0].text; got != "Sign in – Sallyport" {
		t.Errorf("title %q without a tenant", got)
	}
}

func TestEveryInputHasALabel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, lang language.Tag, kind string, s sample) {
		page := render(t, lang, s.page)
		all := nodes(t, page)
		fields := pick(all, func(n *node) bool { return n.tag == "input" || n.tag == "select" || n.tag == "textarea" })
		for _, input := range fields {
			kind, id := input.attrs["type"], input.attrs["id"]
			labels := pick(all, func(n *node) bool { return n.tag == "label" && id != "" && n.attrs["for"] == id && n.text != "" })
			wrapped := strings.Contains(page, `<label><input type="`+kind+`" name="`+input.attrs["name"]+`"`)
			if kind != "hidden" && len(labels) != 1 && !wrapped && input.attrs["aria-label"] == "" {
				t.Errorf("input %q has no label", input.attrs["name"])
			}
		}
	})
}

func TestIdsAreUniqueAndReferencesResolve(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, lang language.Tag, kind string, s sample) {
		all, ids := nodes(t, render(t, lang, s.page)), map[string]int{}
		for _, n := range all {
			ids[n.attrs["id"]]++
		}
		delete(ids, "")
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%d elements with id %q", n, id)
			}
		}
		for _, n := range all {
			for _, name := range []string{"for", "aria-describedby", "aria-labelledby", "data-reveal", "data-copy"} {
				if to := n.attrs[name]; to != "" && ids[to] == 0 {
					t.Errorf("<%s %s=%q> leads nowhere", n.tag, name, to)
				}
			}
		}
	})
}

func TestPagesNeedNothingThatThePolicyForbids(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, lang language.Tag, kind string, s sample) {
		for _, n := range nodes(t, render(t, lang, s.page)) {
			for name := range n.attrs {
				if name == "style" || strings.HasPrefix(name, "on") {
					t.Errorf("<%s> has %s", n.tag, name)
				}
			}
			if n.tag == "style" || n.tag == "base" || n.tag == "iframe" {
				t.Errorf("<%s> on the page", n.tag)
			}
			if n.tag == "script" && (n.text != "" || !strings.HasPrefix(n.attrs["src"], "/static/")) {
				t.Errorf("inline or foreign script %v %q", n.attrs, n.text)
			}
		}
	})
}
