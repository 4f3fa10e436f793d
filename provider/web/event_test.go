package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"sallyport/provider/web"
)

func TestOneEventPerRequest(t *testing.T) {
	t.Parallel()
	b := setup(t, []web.Route{{Methods: []string{"POST"}, Path: "/reset/{token}", Access: web.Public,
		Handler: func(w http.ResponseWriter, r *http.Request) error {
			ev := web.EventFrom(r.Context())
			ev.Set("tenant", "first")
			ev.Set("tenant", "t1")
			ev.Set("user", "u1")
			ev.Set("attempts", 3)
			w.WriteHeader(http.StatusCreated)
			_, err := io.WriteString(w, "12345")
			return err
		}}})
	b.do(post("/reset/SECRETTOKEN?code=SECRETCODE", "password=SECRETPASSWORD", "Cookie", "a=SECRETCOOKIE", "Authorization", "Bearer SECRETBEARER"))
	line := b.log.last(t)
	for key, want := range map[string]any{
		"level": "INFO", "msg": "request", "method": "POST", "route": "/reset/{token}", "status": 201.0, "bytes": 5.0,
		"duration": 1e6, "client_addr": "192.0.2.1", "tenant": "t1", "user": "u1", "attempts": 3.0,
	} {
		if line[key] != want {
			t.Errorf("%s: %v, want %v", key, line[key], want)
		}
	}
	if log := b.log.String(); strings.Count(log, "\n") != 1 || strings.Contains(log, "SECRET") {
		t.Errorf("log %s", log)
	}
}

func TestEventLevelFollowsTheStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err   error
		quiet bool
		level string
	}{
		{nil, false, "INFO"},
		{nil, true, "DEBUG"},
		{web.ErrForbidden, false, "INFO"},
		{errors.New("defect"), false, "ERROR"},
		{errors.New("defect"), true, "ERROR"},
	} {
		routes := route(web.Public, returning(c.err))
		routes[0].Quiet = c.quiet
		b := setup(t, routes)
		b.do(get("/x"))
		if got := b.log.last(t)["level"]; got != c.level {
			t.Errorf("%v, quiet %v: level %v, want %s", c.err, c.quiet, got, c.level)
		}
	}
}

func TestErrorAfterTheAnswerIsLoggedAndNothingMore(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Public, func(w http.ResponseWriter, _ *http.Request) error {
		io.WriteString(w, "whole")
		return errors.New("too late")
	}))
	if w := b.do(get("/x")); w.Code != 200 || w.Body.String() != "whole" {
		t.Errorf("answer %d %s", w.Code, w.Body)
	}
	if line := b.log.last(t); line["level"] != "ERROR" || line["error"] != "too late" {
		t.Errorf("log %v", line)
	}
}

type forger struct{}

func (forger) String() string { return "a\nlevel=ERROR msg=forged" }

func TestEventCannotBeForged(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 5000)
	b := setup(t, route(web.Public, func(_ http.ResponseWriter, r *http.Request) error {
		ev := web.EventFrom(r.Context())
		ev.Set("client", "app\r\n{\"level\":\"ERROR\"}\u2028\u202e\x1b[31m")
		ev.Set("long", long)
		ev.Set("any", forger{})
		return fmt.Errorf("%w: wrong value %s", web.ErrBadRequest, "x\ny")
	}))
	b.do(get("/x"))
	line := b.log.last(t)
	if got := line["client"]; got != `app??{"level":"ERROR"}???[31m` {
		t.Errorf("client %q", got)
	}
	if got := line["long"].(string); len(got) != 1024 {
		t.Errorf("length %d", len(got))
	}
	if got := line["any"]; got != "a?level=ERROR msg=forged" {
		t.Errorf("any %q", got)
	}
	if got := line["error"]; got != "bad request: wrong value x?y" {
		t.Errorf("error %q", got)
	}
}

func TestEventOutsideARequestGoesNowhere(t *testing.T) {
	t.Parallel()
	web.EventFrom(context.Background()).Set("tenant", "t1")
	if id := web.RequestID(context.Background()); id != "" {
		t.Fatalf("id %q", id)
	}
}

func TestEventMayBeSetFromSeveralGoroutines(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Public, func(_ http.ResponseWriter, r *http.Request) error {
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() { web.EventFrom(r.Context()).Set(fmt.Sprintf("k%d", i), i) })
		}
		group.Wait()
		return nil
	}))
	b.do(get("/x"))
	if line := b.log.last(t); line["k0"] != 0.0 || line["k7"] != 7.0 {
		t.Fatalf("log %v", line)
	}
}
