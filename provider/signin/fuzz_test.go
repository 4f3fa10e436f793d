package signin_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"sallyport/provider/attempt"
	"sallyport/provider/federation"
	"sallyport/provider/signin"
	"sallyport/provider/web"
	"sallyport/storage/id"
)

// Whatever comes to the address of a connection, a browser that was not sent there gets a refusal, before anything is looked
// up: there is no database behind this.
func FuzzAnswer(f *testing.F) {
	edge := web.New(web.Config{PublicURL: &url.URL{Scheme: "https", Host: "id.example.com"}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: func() time.Time { return time.Unix(1, 0) }, CookieKeys: [][]byte{bytes.Repeat([]byte{1}, 64), bytes.Repeat([]byte{2}, 32)}})
	router := mux.NewRouter()
	edge.Mount(router, (&signin.SignIn{Edge: edge}).Routes())
	handler := edge.Handler(router)
	of := federation.Connection{Tenant: id.Lobby, ID: id.NewConnection()}.Handle()
	state := (&attempt.Attempt{Tenant: id.Lobby, ID: id.NewAttempt()}).Handle() + ".secret"
	f.Add(of, "state="+state+"&code=x&iss=https%3A%2F%2Fa.test")
	f.Add(of, "state="+state+"&state=b&error=%00\"><script>")
	f.Add("a.b", "state=%zz;")
	f.Fuzz(func(t *testing.T, handle, values string) {
		at := "/federation/" + url.PathEscape(handle)
		for _, r := range []*http.Request{
			{Method: http.MethodGet, URL: &url.URL{Path: at + "/callback", RawQuery: values}},
			{Method: http.MethodPost, URL: &url.URL{Path: at + "/answer"}, Body: io.NopCloser(strings.NewReader(values))},
			{Method: http.MethodPost, URL: &url.URL{Path: at + "/callback"}, Body: io.NopCloser(strings.NewReader(values))},
		} {
			r.Host, r.RequestURI = "id.example.com", r.URL.RequestURI()
			r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {"https://id.example.com"}}
			got := httptest.NewRecorder()
			handler.ServeHTTP(got, r)
			shown := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/callback") && got.Code == http.StatusOK
			if got.Code >= 500 || got.Code < 400 && !shown && got.Header().Get("Location") != r.URL.Path {
				t.Fatalf("%s %s %q: %d", r.Method, r.URL.Path, values, got.Code)
			}
			if strings.Contains(got.Body.String(), "<script>") || got.Header().Get("Set-Cookie") != "" {
				t.Fatalf("%q gave %v\n%s", values, got.Header(), got.Body)
			}
		}
	})
}
