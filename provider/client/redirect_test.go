package client_test

import (
	"testing"

	"sallyport/provider/client"
	"sallyport/storage/db"
)

const registered = "https://app.test/cb"

func clientOf(kind string, uris ...string) client.Client {
	return client.Client{Client: db.Client{ApplicationType: kind, RedirectUris: uris, PostLogoutRedirectUris: uris}}
}

// strangers are sixty ways to look like https://app.test/cb to somebody (gauntlet E04).
var strangers = []string{
	"", "https://app.test", "https://app.test/", "https://app.test/cb/", "https://app.test/cb/.", "https://app.test/cb//", "https://app.test//cb",
	"https://app.test/./cb", "https://app.test/a/../cb", "https://app.test/cb/..;/x", "https://app.test/..;/cb", "https://app.test/cb;x=1",
	"https://app.test/%63b", "https://app.test/%2563b", "https://app.test/cb%00", "https://app.test/cb%20", "https://app.test/cb%2f..", "https://app.test/%2e/cb",
	"https://app.test/%2e%2e/cb", "https://app.test/cb%0d%0aX:y", "https://app.test/cb\r\nX: y", "https://app.test/cb\x00", "https://app.test/cb ", " https://app.test/cb",
	"https://app.test/CB", "https://APP.test/cb", "HTTPS://app.test/cb", "https://app.test./cb", "https://app.test:443/cb", "https://app.test:/cb", "https://app.test:8443/cb",
	"http://app.test/cb", "ftp://app.test/cb", "javascript:https://app.test/cb", "//app.test/cb", "app.test/cb", "/cb", "https:app.test/cb", "https:/app.test/cb", "https:///app.test/cb",
	"https://app.test/cb#", "https://app.test/cb#f", "https://app.test/cb?", "https://app.test/cb?x=1", "https://app.test/cb?redirect_uri=https://evil.test", "https://app.test/cb&x",
	"https://evil.test/cb", "https://app.test.evil.test/cb", "https://evilapp.test/cb", "https://app.testevil/cb", "https://app.test@evil.test/cb", "https://u:p@app.test/cb",
	"https://a@b@app.test/cb", "https://app.test\\@evil.test/cb", "https://evil.test\\@app.test/cb", "https://app.test\\cb", "https://app.tеst/cb" /* Cyrillic е */, "https://xn--app-test/cb",
	"https://app.test/cb,https://evil.test/cb", "https://app.test/cb https://evil.test/cb",
}

func TestE04OnlyTheRegisteredStringIsRedirectedTo(t *testing.T) {
	t.Parallel()
	if len(strangers) < 60 {
		t.Fatalf("%d strangers", len(strangers))
	}
	for _, kind := range []string{client.Web, client.UserAgent, client.Native} {
		c := clientOf(kind, registered)
		for _, uri := range strangers {
			if c.Redirects(uri) || c.LeavesTo(uri) {
				t.Errorf("%s: %q passes for %q", kind, uri, registered)
			}
		}
		if !c.Redirects(registered) || !c.LeavesTo(registered) {
			t.Errorf("%s: its own URI is refused", kind)
		}
	}
}

func TestE04OnlyThePortOfANativeLoopbackAddressVaries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		registered, uri string
		want            bool
	}{
		{"http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true},
		{"http://127.0.0.1:3000/cb", "http://127.0.0.1:49152/cb", true},
		{"http://127.0.0.1:3000/cb", "http://127.0.0.1/cb", true},
		{"http://[::1]/cb?a=b", "http://[::1]:65535/cb?a=b", true},
		{"http://127.0.0.1", "http://127.0.0.1:1", true},
		{"http://127.0.0.1/cb", "http://127.0.0.1:49152/cb/", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:49152/cb?x", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:49152/cb#x", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:080/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:+1/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:80@evil.test/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1@evil.test/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1.evil.test/cb", false},
		{"http://127.0.0.1", "http://127.0.0.1.evil.test", false},
		{"http://127.0.0.1/cb", "http://[::1]:49152/cb", false},
		{"http://127.0.0.1/cb", "http://localhost:49152/cb", false},
		{"http://127.0.0.1/cb", "https://127.0.0.1:49152/cb", false},
		{"http://localhost:3000/cb", "http://localhost:3001/cb", false},
		{"http://[::1]/cb", "http://[0:0:0:0:0:0:0:1]:1/cb", false},
		{"https://127.0.0.1/cb", "https://127.0.0.1:1/cb", false},
		{"com.example.app:/cb", "com.example.app:1/cb", false},
	} {
		if got := clientOf(client.Native, c.registered).Redirects(c.uri); got != c.want {
			t.Errorf("native %q as %q: %v", c.registered, c.uri, got)
		}
		if c.registered != c.uri && clientOf(client.Web, c.registered).Redirects(c.uri) {
			t.Errorf("web %q as %q passes", c.registered, c.uri)
		}
		if clientOf(client.Native, c.registered).LeavesTo(c.uri) {
			t.Errorf("after sign-out, %q as %q passes", c.registered, c.uri)
		}
	}
}
