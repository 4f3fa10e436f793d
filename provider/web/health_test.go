package web_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"sallyport/provider/web"
	"sallyport/static"
)

func TestHealthzOnlySaysThatTheProcessAnswers(t *testing.T) {
	t.Parallel()
	b := setup(t, web.Health(func(context.Context) error { return errors.New("down") }))
	w := b.do(get("/healthz"))
	if w.Code != 200 || w.Body.String() != "ok\n" || b.log.last(t)["level"] != "DEBUG" {
		t.Fatalf("%d %q, log %v", w.Code, w.Body, b.log.last(t))
	}
}

func TestH10ReadyzTellsNoDetail(t *testing.T) {
	t.Parallel()
	var cause error
	b := setup(t, web.Health(func(ctx context.Context) error {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("probe may hang")
		}
		return cause
	}))
	if w := b.do(get("/readyz")); w.Code != 200 || w.Body.String() != "ok\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	cause = errors.New("dsn=secret")
	if w := b.do(get("/readyz")); w.Code != 503 || w.Body.String() != "unavailable\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	if line := b.log.last(t); line["error"] != "not ready: dsn=secret" || line["level"] != "ERROR" {
		t.Errorf("log %v", line)
	}
}

func TestAssetsMayBeCached(t *testing.T) {
	t.Parallel()
	b := setup(t, web.Assets())
	w := b.do(get(static.URL("app.css")))
	if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if b.log.last(t)["level"] != "DEBUG" {
		t.Errorf("log %v", b.log.last(t))
	}
	if w := b.do(get(static.Prefix + "none.css")); w.Code != 404 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("unknown asset: %d %v", w.Code, w.Header())
	}
}
