package issuer

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sallyport/provider/web"
	"sallyport/templates"
)

// The response modes (OAuth 2.0 Multiple Response Types 2.1, Form Post Response Mode 2).
const (
	query    = "query"
	fragment = "fragment"
	formPost = "form_post"
)

var responseModes = []string{query, fragment, formPost}

// destination is where a client gets its answer. It exists only for a redirect URI that was compared with
// the registered ones.
type destination struct{ uri, mode, state string }

// reply sends parameters to the client, always with its state and with iss, by which a client that talks
// to several providers notices when one answers for another (RFC 9207).
func (i *Issuer) reply(w http.ResponseWriter, r *http.Request, d destination, parameters url.Values) error {
	parameters.Set("iss", i.name)
	if d.state != "" {
		parameters.Set("state", d.state)
	}
	switch d.mode {
	case formPost:
		return i.post(w, r, d.uri, parameters)
	case fragment:
		w.Header().Set("Location", d.uri+"#"+parameters.Encode())
	default:
		w.Header().Set("Location", appended(d.uri, parameters))
	}
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// appended keeps a registered query as it is.
func appended(uri string, parameters url.Values) string {
	if strings.Contains(uri, "?") {
		return uri + "&" + parameters.Encode()
	}
	return uri + "?" + parameters.Encode()
}

func (i *Issuer) post(w http.ResponseWriter, r *http.Request, uri string, parameters url.Values) error {
	if !web.AllowFormAction(w, uri) {
		return fmt.Errorf("post answer: the content security policy cannot name %q", uri)
	}
	page := templates.FormPost{Action: uri}
	for name := range parameters {
		page.Fields = append(page.Fields, templates.Field{Name: name, Value: parameters.Get(name)})
	}
	slices.SortFunc(page.Fields, func(a, b templates.Field) int { return strings.Compare(a.Name, b.Name) })
	return web.Render(w, r, http.StatusOK, page)
}

// replyError tells the client that its request failed (RFC 6749 4.1.2.1).
func (i *Issuer) replyError(w http.ResponseWriter, r *http.Request, d destination, v refusal) error {
	web.EventFrom(r.Context()).Set("refused", v.code)
	return i.reply(w, r, d, url.Values{"error": {v.code}, "error_description": {v.words}})
}
