package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"sallyport/provider/web"
	"sallyport/templates"
)

func page(status int, p templates.Page, locales string) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r.WithContext(web.WithLocales(r.Context(), locales)), status, p)
	}
}

func TestRenderWritesTheWholePage(t *testing.T) {
	t.Parallel()
	message := templates.Message{Status: 202, Body: templates.ErrorExpired}
	w := setup(t, route(web.Public, page(202, message, ""))).do(get("/x"))
	wantStatus(t, w, 202)
	h := w.Header()
	if h.Get("Content-Type") != "text/html; charset=utf-8" || h.Get("Content-Language") != "en" || w.Body.Len() == 0 {
		t.Fatalf("%v %s", h, w.Body)
	}
}

func TestPageThatFailsToRenderIsA500WithoutHalfOfIt(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Public, page(200, templates.Message{Body: "no.such.key"}, "")))
	w := b.do(get("/x"))
	wantStatus(t, w, 500)
	if strings.Contains(w.Body.String(), "no.such.key") || !strings.Contains(b.log.last(t)["error"].(string), "render page") {
		t.Fatalf("body %s, log %v", w.Body, b.log.last(t))
	}
}

func TestErrorPageThatFailsToRenderIsPlainText(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Public, returning(&web.Error{Status: 418, Key: "no.such.key"})))
	w := b.do(get("/x"))
	wantStatus(t, w, 418)
	if w.Header().Get("Content-Type") != "text/plain; charset=utf-8" || !strings.HasPrefix(w.Body.String(), "I'm a teapot") {
		t.Fatalf("%v %s", w.Header(), w.Body)
	}
	if got := b.log.last(t)["error"].(string); !strings.HasPrefix(got, "418 no.such.key; then render page") {
		t.Fatalf("log %s", got)
	}
}

func TestLanguageOfThePage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ locales, accept, want string }{
		{"", "", "en"},
		{"", "nb-NO,nb;q=0.9,en;q=0.8", "nb"},
		{"nb", "en", "nb"},
		{"xx-nonsense nb", "en", "nb"},
		{"", "tlh", "en"},
		{"\"><script>", "\x00;;q=9", "en"},
		{strings.Repeat("a-", 9000), strings.Repeat("b,", 9000), "en"},
	} {
		for _, h := range []web.HandlerFunc{page(200, templates.Message{Body: templates.ErrorExpired}, c.locales), func(_ http.ResponseWriter, r *http.Request) error {
			web.WithLocales(r.Context(), c.locales)
			return web.ErrExpired
		}} {
			w := setup(t, route(web.Public, h)).do(get("/x", "Accept-Language", c.accept))
			if got := w.Header().Get("Content-Language"); got != c.want {
				t.Errorf("ui_locales %.20q, Accept-Language %.20q: %q, want %q", c.locales, c.accept, got, c.want)
			}
		}
	}
}

func TestWithLocalesWorksOutsideARequest(t *testing.T) {
	t.Parallel()
	r := get("/x").WithContext(web.WithLocales(context.Background(), "nb"))
	if got := web.Language(r).String(); got != "nb" {
		t.Fatalf("language %s", got)
	}
}

func TestSeeOther(t *testing.T) {
	t.Parallel()
	redirect := func(path string) web.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) error { return web.SeeOther(w, r, path) }
	}
	w := setup(t, route(web.Attempt, redirect("/login/password?a=b"))).do(post("/x", ""))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login/password?a=b" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	w = setup(t, route(web.Attempt, redirect("//evil.example"))).do(post("/x", ""))
	if w.Code != http.StatusInternalServerError || w.Header().Get("Location") != "" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
}
