package web_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"sallyport/provider/web"
)

func TestRequestIDIsOurs(t *testing.T) {
	t.Parallel()
	var inside string
	b := setup(t, route(web.Public, func(w http.ResponseWriter, r *http.Request) error {
		inside = web.RequestID(r.Context())
		return nil
	}))
	first, second := b.do(get("/x", "X-Request-Id", "mine")), b.do(get("/x"))
	id := first.Header().Get("X-Request-Id")
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) || id == second.Header().Get("X-Request-Id") {
		t.Fatalf("ids %q, %q", id, second.Header().Get("X-Request-Id"))
	}
	if got := b.log.last(t)["request_id"]; got != inside || inside != second.Header().Get("X-Request-Id") {
		t.Fatalf("log %v, context %q", got, inside)
	}
}

func TestPanicBecomesA500ThatTellsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Public, func(http.ResponseWriter, *http.Request) error { panic("dsn=secret") }))
	w := b.do(get("/x"))
	wantStatus(t, w, http.StatusInternalServerError)
	if strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("body %s", w.Body)
	}
	line := b.log.last(t)
	if line["level"] != "ERROR" || line["error"] != "panic: dsn=secret" || !strings.Contains(line["stack"].(string), "edge_test.go") {
		t.Errorf("log %v", line)
	}
	if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", w.Header())
	}
}

func TestPanicAfterHalfAnAnswerCutsTheConnection(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Public, func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "half")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("flush: %v", err)
		}
		panic("late")
	}))
	server := httptest.NewServer(b.handler)
	defer server.Close()
	res, err := server.Client().Get(server.URL + "/x")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("body %q, error %v", body, err)
	}
	server.Close()
	line := b.log.last(t)
	if line["level"] != "ERROR" || line["error"] != "panic: late" || line["bytes"] != 4.0 {
		t.Errorf("log %v", line)
	}
}

func TestAbortIsNotAPanicInTheLog(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Public, func(http.ResponseWriter, *http.Request) error { panic(http.ErrAbortHandler) }))
	func() {
		defer func() {
			if v := recover(); v != http.ErrAbortHandler {
				t.Errorf("recovered %v", v)
			}
		}()
		b.do(get("/x"))
	}()
	if line := b.log.last(t); line["stack"] != nil {
		t.Errorf("log %v", line)
	}
}

func readAll(_ http.ResponseWriter, r *http.Request) error {
	_, err := io.ReadAll(r.Body)
	return err
}

func TestBodyOverTheLimitIs413(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Session, readAll))
	fits, declared, chunked := post("/x", strings.Repeat("a", 1024)), post("/x", strings.Repeat("a", 1025)), post("/x", strings.Repeat("a", 1025))
	chunked.ContentLength = -1
	wantStatus(t, b.do(fits), 200)
	w := b.do(declared)
	wantStatus(t, w, 413)
	if w.Header().Get("Connection") != "close" {
		t.Error("the rest of the body would be read")
	}
	wantStatus(t, b.do(chunked), 413)
}

func TestDeclaredTooLargeBodyNeverReachesTheHandler(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Protocol, func(http.ResponseWriter, *http.Request) error {
		t.Error("handler called")
		return nil
	}))
	wantStatus(t, b.do(post("/x", strings.Repeat("a", 1025))), 413)
}

func TestBodyThatBreaksOffIsTheClientsFault(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Protocol, readAll))
	r := request("POST", "/x", "")
	r.Body, r.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("a"), broken{})), -1
	wantStatus(t, b.do(r), http.StatusBadRequest)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestHostAndTargetAreSane(t *testing.T) {
	t.Parallel()
	b := setup(t, []web.Route{{Methods: []string{"GET"}, Path: "/{any:.*}", Access: web.Public, Handler: write("ok")}})
	for _, c := range []struct {
		host, target string
		status       int
	}{
		{"id.example.com", "/a", 200},
		{"id.example.com:8443", "/a%20b", 200},
		{"127.0.0.1:8080", "/", 200},
		{"[::1]:8080", "/", 200},
		{"", "/", 400},
		{"evil example", "/", 400},
		{"user@evil.example", "/", 400},
		{"id.example.com/evil", "/", 400},
		{"id.example.com:x", "/", 400},
		{"id.example.com\r\nX: y", "/", 400},
		{strings.Repeat("a", 300), "/", 400},
		{"id.example.com", "/a%00b", 400},
		{"id.example.com", "/a%0d%0ab", 400},
		{"id.example.com", "/%ff%fe", 400},
	} {
		r := get(c.target)
		r.Host = c.host
		if w := b.do(r); w.Code != c.status {
			t.Errorf("%q %q: %d, want %d", c.host, c.target, w.Code, c.status)
		}
	}
}

func TestNewRefusesAnIncompleteConfiguration(t *testing.T) {
	t.Parallel()
	full := web.Config{PublicURL: mustURL(self), Log: (&journal{}).logger(), Now: newClock().Now, CookieKeys: keys(1)}
	for name, spoil := range map[string]option{
		"no URL":    func(c *web.Config) { c.PublicURL = nil },
		"no log":    func(c *web.Config) { c.Log = nil },
		"no clock":  func(c *web.Config) { c.Now = nil },
		"no keys":   func(c *web.Config) { c.CookieKeys = nil },
		"odd keys":  func(c *web.Config) { c.CookieKeys = keys(1)[:1] },
		"short key": func(c *web.Config) { c.CookieKeys = [][]byte{make([]byte, 32), make([]byte, 32)} },
	} {
		config := full
		spoil(&config)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", name)
				}
			}()
			web.New(config)
		}()
	}
}
