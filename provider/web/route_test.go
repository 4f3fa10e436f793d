package web_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"sallyport/provider/web"
	"sallyport/storage"
)

func TestRoutesAreServedByMethod(t *testing.T) {
	t.Parallel()
	b := setup(t, []web.Route{
		{Methods: []string{"GET"}, Path: "/a", Access: web.Public, Handler: write("read")},
		{Methods: []string{"POST"}, Path: "/a", Access: web.Session, Handler: write("changed")},
		{Methods: []string{"GET"}, Path: "/a/{id}", Access: web.Public, Handler: func(w http.ResponseWriter, r *http.Request) error {
			_, err := io.WriteString(w, mux.Vars(r)["id"])
			return err
		}},
		{Methods: []string{"POST"}, Path: "/a/new", Access: web.Public, Handler: write("new")},
	})
	for _, c := range []struct {
		method, path string
		status       int
		body, allow  string
	}{
		{"GET", "/a", 200, "read", ""},
		{"HEAD", "/a", 200, "", ""},
		{"POST", "/a", 200, "changed", ""},
		{"GET", "/a/7", 200, "7", ""},
		{"POST", "/a/new", 200, "new", ""},
		{"PUT", "/a", 405, "", "GET, HEAD, POST"},
		{"OPTIONS", "/a", 405, "", "GET, HEAD, POST"},
		{"TRACE", "/a/7", 405, "", "GET, HEAD"},
		{"DELETE", "/a/new", 405, "", "GET, HEAD, POST"},
		{"GET", "/none", 404, "", ""},
		{"GET", "//a", 404, "", ""},
		{"GET", "/b/../a", 404, "", ""},
		{"GET", "/a/", 404, "", ""},
	} {
		w := b.do(request(c.method, c.path, ""))
		if w.Code != c.status || w.Header().Get("Allow") != c.allow || w.Header().Get("Location") != "" {
			t.Errorf("%s %s: %d, Allow %q, Location %q", c.method, c.path, w.Code, w.Header().Get("Allow"), w.Header().Get("Location"))
		}
		if c.body != "" && w.Body.String() != c.body {
			t.Errorf("%s %s: body %q, want %q", c.method, c.path, w.Body, c.body)
		}
	}
}

func TestHeadHasNoBodyOnTheWire(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Public, write("text")))
	server := httptest.NewServer(b.handler)
	defer server.Close()
	res, err := server.Client().Head(server.URL + "/x")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 || len(body) != 0 {
		t.Fatalf("status %d, body %q, error %v", res.StatusCode, body, err)
	}
}

func TestUnknownPathLooksLikeAMissingThing(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Session, returning(storage.ErrNotFound)))
	known, unknown := b.do(get("/x")), b.do(get("/not-there"))
	known.Header().Del("X-Request-Id")
	unknown.Header().Del("X-Request-Id")
	if !maps.EqualFunc(known.Header(), unknown.Header(), slices.Equal) {
		t.Errorf("headers differ:\n%v\n%v", known.Header(), unknown.Header())
	}
	if known.Code != 404 || unknown.Code != 404 || known.Body.String() != unknown.Body.String() {
		t.Errorf("answers differ: %d %s / %d %s", known.Code, known.Body, unknown.Code, unknown.Body)
	}
}

func TestEveryAnswerCarriesTheSameHeaderNames(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Public, func(w http.ResponseWriter, r *http.Request) error {
		return &web.Error{Status: 400, Key: "error.bad_request"}
	}))
	want := slices.Sorted(maps.Keys(b.do(get("/x")).Header()))
	broken := get("/x")
	broken.Host = "not a host"
	for name, r := range map[string]*http.Request{
		"unknown": get("/unknown"), "bad host": broken, "cross site": post("/x", "", "Sec-Fetch-Site", "cross-site"),
	} {
		if got := slices.Sorted(maps.Keys(b.do(r).Header())); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestMountRefusesBadRows(t *testing.T) {
	t.Parallel()
	ok := write("ok")
	for name, routes := range map[string][]web.Route{
		"no access":         {{Methods: []string{"GET"}, Path: "/x", Handler: ok}},
		"unknown access":    {{Methods: []string{"GET"}, Path: "/x", Access: web.FreshSession + 1, Handler: ok}},
		"no method":         {{Path: "/x", Access: web.Public, Handler: ok}},
		"no handler":        {{Methods: []string{"GET"}, Path: "/x", Access: web.Public}},
		"relative path":     {{Methods: []string{"GET"}, Path: "x", Access: web.Public, Handler: ok}},
		"CORS with cookies": {{Methods: []string{"GET"}, Path: "/x", Access: web.Session, Handler: ok, CORS: true}},
		"CORS on the front": {{Methods: []string{"GET"}, Path: "/x", Access: web.Front, Handler: ok, CORS: true}},
		"twice": {
			{Methods: []string{"GET"}, Path: "/x", Access: web.Public, Handler: ok},
			{Methods: []string{"POST", "GET"}, Path: "/x", Access: web.Session, Handler: ok},
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: mounted", name)
				}
			}()
			setup(t, routes)
		}()
	}
}

func TestRoutesReturnsTheTable(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Session, write("")))
	b.Mount(mux.NewRouter(), web.Assets())
	table := b.Routes()
	if len(table) != 2 || table[0].Access != web.Session || !strings.HasPrefix(table[1].Path, "/static/") {
		t.Fatalf("table %+v", table)
	}
}

func TestProtocolNeitherReadsNorSetsCookies(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]web.HandlerFunc{"text": write("ok"), "nothing": returning(nil), "error": returning(web.ErrBadRequest)} {
		var seen []*http.Cookie
		b := setup(t, route(web.Protocol, func(w http.ResponseWriter, r *http.Request) error {
			seen = r.Cookies()
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			return answer(w, r)
		}))
		w := b.do(get("/x", "Cookie", "__Host-session=stolen"))
		if len(seen) != 0 || len(w.Result().Cookies()) != 0 {
			t.Errorf("%s: read %v, set %v", name, seen, w.Result().Cookies())
		}
	}
}
