package issuer

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"sallyport/provider/web"
	"sallyport/templates"
)

// maxQuery bounds a request that browsers carry in an address, in bytes.
const maxQuery = 16 << 10

// asGet answers a posted request by the same request as GET: a browser that comes from another site sends
// SameSite=Lax cookies with GET only, and without them nobody would ever be signed in already.
func asGet(w http.ResponseWriter, r *http.Request, path string) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return &web.Error{Status: http.StatusUnsupportedMediaType, Key: templates.ErrorBadRequest, Err: err}
	}
	if r.URL.RawQuery != "" {
		return wrong(w, r, "The request has parameters in its address and in its body.")
	}
	body, err := readBody(r)
	if err != nil {
		return wrong(w, r, "The request cannot be read.")
	}
	values, err := url.ParseQuery(body)
	if err != nil || len(body) > maxQuery {
		return wrong(w, r, "The request cannot be read.")
	}
	w.Header().Set("Location", path+"?"+values.Encode())
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// navigated reads the parameters of a browser's request. A repeated one is kept out of the values and named in
// the error, for whoever can still answer by redirect.
func navigated(r *http.Request) (values url.Values, repeated []string, err error) {
	if len(r.URL.RawQuery) > maxQuery || strings.Count(r.URL.RawQuery, "&") > 100 {
		return nil, nil, errors.New("the request is too long")
	}
	values, err = url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, nil, errors.New("the request is not urlencoded")
	}
	for name, all := range values {
		if len(all) > 1 {
			repeated = append(repeated, name)
			delete(values, name)
		} else if !plainText(name) || !plainText(all[0]) {
			return nil, nil, errors.New("a parameter holds bytes that are not text")
		}
	}
	return values, repeated, nil
}

// wrong is the page for a request that must not be answered by a redirect: nobody trustworthy has named an
// address yet (gauntlet E13). Detail is ours; nothing of the request is shown.
func wrong(w http.ResponseWriter, r *http.Request, detail string) error {
	web.EventFrom(r.Context()).Set("cause", detail)
	return web.Render(w, r, http.StatusBadRequest, templates.Message{Status: http.StatusBadRequest, Body: templates.ErrorClient, Detail: detail})
}

// noHead refuses HEAD where GET changes something: whoever previews a link must not spend it (gauntlet E11).
func noHead(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodHead {
		return nil
	}
	w.Header().Set("Allow", "GET")
	return &web.Error{Status: http.StatusMethodNotAllowed, Key: templates.ErrorMethod}
}
