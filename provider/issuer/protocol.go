package issuer

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"sallyport/provider/client"
	"sallyport/provider/web"
)

// protocol stands before the library at the endpoints that clients call directly. The library would take
// secrets from the query, take Basic over the body and answer 400 to a client it cannot authenticate; so it
// gets a request that has been read, cleaned and authenticated here (gauntlet E14).
func (i *Issuer) protocol(w http.ResponseWriter, r *http.Request) error {
	form, err := directForm(r)
	if err != nil {
		return noted(r.Context(), err).write(w)
	}
	c, err := i.authenticate(r, form)
	if err != nil {
		return noted(r.Context(), err).write(w)
	}
	web.EventFrom(r.Context()).Set("client", c.ID)
	if err := fits(r.URL.Path, form, c); err != nil {
		return noted(r.Context(), err).write(w)
	}
	made := &call{Client: c, from: i.origin(r)}
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, made))
	r.Form, r.PostForm = form, form
	i.server.ServeHTTP(muted{w, made}, r)
	if made.err != nil {
		return noted(r.Context(), made.err).write(w)
	}
	return nil
}

// maxForm bounds a direct request in bytes; the longest honest one has a token of a few KiB.
const maxForm = 64 << 10

// directForm reads the parameters: from the body and nowhere else, each once (RFC 6749 3.2).
func directForm(r *http.Request) (url.Values, error) {
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		return nil, invalidRequest("parameters belong into the body; the address ends in logs")
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("the content type must be application/x-www-form-urlencoded")
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	return single(body)
}

func readBody(r *http.Request) (string, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || len(body) > maxForm {
		return "", refusal{http.StatusRequestEntityTooLarge, "invalid_request", "the request is too large"}
	}
	if err != nil {
		return "", invalidRequest("the body broke off")
	}
	return string(body), nil
}

// single reads parameters that may not be repeated: of two values, two readers see different ones.
func single(encoded string) (url.Values, error) {
	if strings.Count(encoded, "&") > 100 {
		return nil, invalidRequest("too many parameters")
	}
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return nil, invalidRequest("the parameters are not urlencoded")
	}
	for name, all := range values {
		if len(all) > 1 {
			return nil, invalidRequest("a parameter is repeated")
		}
		if !plainText(name) || !plainText(all[0]) {
			return nil, invalidRequest("a parameter holds bytes that are not text")
		}
	}
	return values, nil
}

// plainText refuses what Postgres cannot store as text.
func plainText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// fits refuses what the endpoint is not for, in the words of the specification rather than the library's.
func fits(path string, form url.Values, c client.Client) error {
	if path == "/introspect" && c.Public() {
		return invalidClient("introspection needs a client that can prove who it is")
	}
	if path != "/token" {
		// Read by the library at every endpoint, defined at one.
		form.Del("grant_type")
		return needs(form, "token")
	}
	return fitsGrant(form, c)
}

func fitsGrant(form url.Values, c client.Client) error {
	switch grant := form.Get("grant_type"); {
	case grant == "":
		return invalidRequest("grant_type is missing")
	case !slices.Contains(grants, grant):
		return refuse("unsupported_grant_type", "this grant type is not offered")
	case !c.Allows(grant):
		return refuse("unauthorized_client", "this client may not use this grant type")
	case grant == client.AuthorizationCode:
		return needs(form, "code", "redirect_uri")
	case grant == client.RefreshToken:
		return needs(form, "refresh_token")
	}
	return nil
}

func needs(form url.Values, names ...string) error {
	for _, name := range names {
		if form.Get(name) == "" {
			return invalidRequest(name + " is missing")
		}
	}
	return nil
}
