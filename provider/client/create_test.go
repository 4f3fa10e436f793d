package client_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/provider/client"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// web is a client that may be registered; tests change one thing about it.
func web() client.New {
	return client.New{ID: "web", Name: "Web", ApplicationType: client.Web, AuthMethod: client.SecretBasic, RedirectURIs: []string{"https://app.test/cb"},
		GrantTypes: []string{client.AuthorizationCode, client.RefreshToken}, Scopes: []string{"openid", "email"}, RequirePKCE: true}
}

func native(uris ...string) client.New {
	n := web()
	n.ID, n.ApplicationType, n.AuthMethod, n.RedirectURIs = "cli", client.Native, client.None, uris
	return n
}

func create(t *testing.T, s *storage.Store, n client.New) (string, error) {
	t.Helper()
	return client.Create(context.Background(), s, n, audit.Operator, noon)
}

func TestCreateGivesTheSecretOnceAndStoresItsHash(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	secret, err := create(t, s, web())
	if err != nil {
		t.Fatal(err)
	}
	if parsed, ok := token.Parse(token.Client, secret); !ok || parsed.Tenant != id.Lobby {
		t.Errorf("the secret %q is not one of a client of the lobby", secret)
	}
	c, err := (&client.Registry{Store: s}).Find(context.Background(), "web")
	if err != nil {
		t.Fatal(err)
	}
	if !c.Confirms(secret) || c.Confirms(secret+"x") || c.Confirms("") || c.Confirms(string(c.SecretHash)) {
		t.Error("the client confirms something else than its secret")
	}
	if c.AccessTokenFormat != client.Opaque || c.IDTokenAlg != "ES256" || c.Public() || !c.Allows(client.RefreshToken) || c.Allows(client.ClientCredentials) {
		t.Errorf("registered as %+v", c)
	}
	events, err := s.Tenant(id.Lobby).ListEvents(context.Background(), db.ListEventsParams{TenantID: id.Lobby, Limit: 10})
	if err != nil || len(events) != 1 || events[0].Kind != string(audit.ClientCreated) || strings.Contains(string(events[0].Detail), secret) {
		t.Errorf("events %+v, %v", events, err)
	}
	if _, err := create(t, s, web()); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("a taken identifier gives %v", err)
	}
}

func TestAPublicClientHasNoSecret(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	secret, err := create(t, s, native("http://127.0.0.1/cb"))
	if err != nil || secret != "" {
		t.Fatalf("secret %q, %v", secret, err)
	}
	c, err := (&client.Registry{Store: s}).Find(context.Background(), "cli")
	if err != nil || !c.Public() || c.Confirms("") {
		t.Errorf("public %v, confirms the empty secret %v, %v", c.Public(), c.Confirms(""), err)
	}
}

func TestCreateRefusesContradictions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*client.New){
		"no identifier":                func(n *client.New) { n.ID = "" },
		"identifier with a space":      func(n *client.New) { n.ID = "a b" },
		"no name":                      func(n *client.New) { n.Name = " " },
		"name with a line break":       func(n *client.New) { n.Name = "a\nb" },
		"unknown type":                 func(n *client.New) { n.ApplicationType = "desktop" },
		"unknown method":               func(n *client.New) { n.AuthMethod = "private_key_jwt" },
		"public without PKCE":          func(n *client.New) { n.AuthMethod, n.RequirePKCE = client.None, false },
		"native with a secret":         func(n *client.New) { n.ApplicationType = client.Native },
		"user agent with a secret":     func(n *client.New) { n.ApplicationType = client.UserAgent },
		"service without a secret":     func(n *client.New) { n.ApplicationType, n.AuthMethod = client.Service, client.None },
		"service that signs people in": func(n *client.New) { n.ApplicationType = client.Service },
		"no grant":                     func(n *client.New) { n.GrantTypes = nil },
		"password grant":               func(n *client.New) { n.GrantTypes = []string{"password"} },
		"implicit grant":               func(n *client.New) { n.GrantTypes = append(n.GrantTypes, "implicit") },
		"refresh alone":                func(n *client.New) { n.GrantTypes, n.RedirectURIs = []string{client.RefreshToken}, nil },
		"public with client credentials": func(n *client.New) {
			n.AuthMethod, n.GrantTypes = client.None, append(n.GrantTypes, client.ClientCredentials)
		},
		"code without a redirect":         func(n *client.New) { n.RedirectURIs = nil },
		"redirect without code":           func(n *client.New) { n.GrantTypes = []string{client.ClientCredentials} },
		"scope with a quote":              func(n *client.New) { n.Scopes = []string{`a"b`} },
		"scope with a space":              func(n *client.New) { n.Scopes = []string{"a b"} },
		"audience with a line break":      func(n *client.New) { n.Audience = []string{"a\nb"} },
		"51 scopes":                       func(n *client.New) { n.Scopes = slices.Repeat([]string{"a"}, 51) },
		"unknown token format":            func(n *client.New) { n.AccessTokenFormat = "paseto" },
		"HS256":                           func(n *client.New) { n.IDTokenAlg = "HS256" },
		"none as algorithm":               func(n *client.New) { n.IDTokenAlg = "none" },
		"scriptable post-logout redirect": func(n *client.New) { n.PostLogoutRedirectURIs = []string{"javascript:alert(1)"} },
	} {
		n := web()
		change(&n)
		// No store: a refusal must come before anything is written.
		if _, err := create(t, nil, n); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestI04NoScriptableURIIsRegistered(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"", " ", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)", " javascript:alert(1)",
		"javascript://app.test/%0aalert(1)", "data:text/html,<script>alert(1)</script>", "DATA:text/html;base64,PHNjcmlwdD4=", "vbscript:msgbox(1)", "VbScRiPt:x",
		"file:///etc/passwd", "blob:https://app.test/1", "about:blank", "view-source:https://app.test", "filesystem:https://app.test/x", "ws://app.test", "ftp://app.test",
		"http://app.test/cb", "HTTP://127.0.0.1/cb", "HTTPS://app.test/cb", "https://APP.test/cb", "http://127.0.0.2/cb", "http://127.1/cb", "http://localhost.evil.test/cb",
		"https://user@app.test/cb", "https://user:pass@app.test/cb", "https://app.test/cb#f", "https://app.test/cb#", "https://app.test\\@evil.test", "//app.test/cb",
		"/cb", "cb", "https:app.test", "https:///cb", "https://", "https://app.test:0/cb", "https://app.test:port/cb", "https://app.test./cb", "https://-app.test/cb",
		"https://app.test/a/../cb", "https://app.test/./cb", "https://app.test//cb", "https://app.test/%2e%2e/cb", "https://app.test/c b", "https://app.test/ø",
		"https://xn--.test/\u202e", "https://app.test/cb?code=1", "https://app.test/cb?a=b&state=x", "https://app.test/cb?iss=x", "https://app.test/" + strings.Repeat("a", 1000),
		"myapp:/cb", "com.example.app:/cb", "Com.Example.App:/cb", "https://[::2/cb", "https://app.test,evil.test/cb", "https://app.test;evil/cb",
	} {
		n := web()
		n.RedirectURIs = []string{uri}
		if _, err := create(t, nil, n); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("redirect %q: %v", uri, err)
		}
		n = web()
		n.PostLogoutRedirectURIs = []string{uri}
		if _, err := create(t, nil, n); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("post-logout redirect %q: %v", uri, err)
		}
	}
}

func TestI04NativeSchemesAreDomainNamesBackwards(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{"javascript:x", "myapp:/cb", "data:x", "java.script\t:x", ".com:/cb", "com..app:/cb"} {
		if _, err := create(t, nil, native(uri)); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("%q: %v", uri, err)
		}
	}
	s := storagetest.New(t)
	all := []string{"com.example.app:/cb", "com.example.app://cb", "http://127.0.0.1/cb", "http://[::1]:1/cb", "http://localhost:8080/cb", "https://app.test/", "https://app.test", "https://app.test:8443/a?b=c"}
	if _, err := create(t, s, native(all...)); err != nil {
		t.Error(err)
	}
}
