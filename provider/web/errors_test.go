package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"sallyport/provider/web"
	"sallyport/storage"
)

// wait is a refusal that says when to come back.
type wait time.Duration

func (w wait) Error() string             { return "too many tries" }
func (w wait) RetryAfter() time.Duration { return time.Duration(w) }

func pg(code string) error { return &pgconn.PgError{Code: code, Message: "secret detail"} }

func TestErrorTable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		retry  string
	}{
		{storage.ErrNotFound, 404, ""},
		{storage.ErrConflict, 409, ""},
		{storage.ErrUnavailable, 503, "5"},
		{fmt.Errorf("%w: %w", storage.ErrUnavailable, io.ErrUnexpectedEOF), 503, "5"},
		{context.DeadlineExceeded, 503, "5"},
		{context.Canceled, 503, "5"},
		{&http.MaxBytesError{Limit: 1}, 413, ""},
		{web.ErrBadRequest, 400, ""},
		{web.ErrForbidden, 403, ""},
		{web.ErrExpired, 410, ""},
		{web.ErrBrowser, 403, ""},
		{&web.Error{Status: 422, Key: "error.refused", Err: storage.ErrUnavailable}, 422, ""},
		{&web.Error{Status: 415}, 415, ""},
		{&web.Error{Status: 503}, 503, "5"},
		{&web.Error{}, 500, ""},
		{&web.Error{Status: 200, Key: "error.refused"}, 500, ""},
		{wait(61 * time.Second), 429, "61"},
		{wait(1500 * time.Millisecond), 429, "2"},
		{wait(0), 429, "1"},
		{wait(-time.Hour), 429, "1"},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, 503, "5"},
		{pg("57P01"), 503, "5"},
		{pg("57P03"), 503, "5"},
		{pg("57014"), 503, "5"},
		{pg("53300"), 503, "5"},
		{pg("08006"), 503, "5"},
		{pg("40001"), 503, "5"},
		{pg("40P01"), 503, "5"},
		{pg("25006"), 503, "5"},
		{pg("22021"), 400, ""},
		{pg("22P02"), 400, ""},
		{pg("42601"), 500, ""},
		{pg(""), 500, ""},
		{errors.New("anything"), 500, ""},
	} {
		err := fmt.Errorf("load attempt: %w", c.err)
		w := setup(t, route(web.Session, returning(err))).do(get("/x"))
		if w.Code != c.status || w.Header().Get("Retry-After") != c.retry {
			t.Errorf("%v: %d, Retry-After %q; want %d, %q", err, w.Code, w.Header().Get("Retry-After"), c.status, c.retry)
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "load attempt") {
			t.Errorf("%v: %s %s", err, w.Header().Get("Content-Type"), w.Body)
		}
	}
}

func TestDatabaseThatIsDownIs503(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	_, err = pgconn.Connect(t.Context(), "postgres://u@"+addr+"/d?sslmode=disable")
	var connect *pgconn.ConnectError
	if !errors.As(err, &connect) {
		t.Fatalf("connect: %v", err)
	}
	wantStatus(t, setup(t, route(web.Session, returning(err))).do(get("/x")), 503)
}

func TestUnknownErrorShowsOnlyTheRequestID(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Session, returning(errors.New("dsn=secret"))))
	w := b.do(get("/x"))
	if !strings.Contains(w.Body.String(), w.Header().Get("X-Request-Id")) || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("body %s", w.Body)
	}
	if line := b.log.last(t); line["error"] != "dsn=secret" {
		t.Errorf("log %v", line)
	}
	w = setup(t, route(web.Session, returning(web.ErrForbidden))).do(get("/x"))
	if strings.Contains(w.Body.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("a refusal is no incident: %s", w.Body)
	}
}

func TestThrottledPageTellsMinutesRoundedUp(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{time.Second: "1", time.Minute: "1", 61 * time.Second: "2", 37 * time.Minute: "37"} {
		w := setup(t, route(web.Attempt, returning(wait(d)))).do(get("/x"))
		if wantStatus(t, w, 429); !strings.Contains(w.Body.String(), " "+want+" minute") {
			t.Errorf("%s: body has not %s minutes: %s", d, want, w.Body)
		}
	}
}

func TestProtocolErrorsAreJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		code string
	}{
		{web.ErrBadRequest, "invalid_request"},
		{storage.ErrUnavailable, "temporarily_unavailable"},
		{wait(time.Second), "temporarily_unavailable"},
		{web.ErrForbidden, "access_denied"},
		{&web.Error{Status: 401}, "invalid_client"},
		{errors.New("dsn=secret"), "server_error"},
	} {
		w := setup(t, route(web.Protocol, returning(c.err))).do(get("/x"))
		var answer map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%v: %v in %s", c.err, err, w.Body)
		}
		if answer["error"] != c.code || answer["error_description"] == "" || len(answer) != 2 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%v: %v", c.err, answer)
		}
		if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%v: %v", c.err, w.Header())
		}
	}
}

func TestBrowserAtAProtocolEndpointGetsAPage(t *testing.T) {
	t.Parallel()
	w := setup(t, route(web.Protocol, returning(web.ErrBadRequest))).do(get("/x", "Accept", "text/html,application/xhtml+xml"))
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("content type %q", w.Header().Get("Content-Type"))
	}
}

func TestClientThatHungUpIsNotOurFailure(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Session, func(_ http.ResponseWriter, r *http.Request) error {
		return fmt.Errorf("load attempt: %w", r.Context().Err())
	}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b.do(get("/x").WithContext(ctx))
	if line := b.log.last(t); line["status"] != 499.0 || line["level"] != "INFO" {
		t.Fatalf("log %v", line)
	}
}

func TestErrorIsWrappedAndDescribed(t *testing.T) {
	t.Parallel()
	err := &web.Error{Status: 422, Key: "error.refused", Err: storage.ErrConflict}
	if !errors.Is(err, storage.ErrConflict) || err.Error() != "422 error.refused: conflict" {
		t.Errorf("%v", err)
	}
	if got := (&web.Error{Status: 403, Key: "error.forbidden"}).Error(); got != "403 error.forbidden" {
		t.Errorf("%s", got)
	}
}
