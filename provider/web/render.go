package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"sallyport/templates"
)

// WithLocales keeps the ui_locales of the request (OpenID Connect Core 3.1.2.1), which go before the browser's
// languages from here on, in pages of errors too.
func WithLocales(ctx context.Context, uiLocales string) context.Context {
	ev, ok := ctx.Value(eventKey{}).(*Event)
	if !ok {
		ev = &Event{}
		ctx = withEvent(ctx, ev)
	}
	ev.locales = uiLocales
	return ctx
}

// Render writes a whole page in the reader's language, or nothing and an error.
func Render(w http.ResponseWriter, r *http.Request, status int, page templates.Page) error {
	var buffer bytes.Buffer
	lang := Language(r)
	if err := templates.Render(&buffer, lang, page); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang.String())
	h.Set("Content-Length", strconv.Itoa(buffer.Len()))
	w.WriteHeader(status)
	// The browser may have gone; there is nobody left to tell.
	_, _ = buffer.WriteTo(w)
	return nil
}

// Language picks the language of the answer: ui_locales, then Accept-Language, then English.
func Language(r *http.Request) language.Tag {
	const enough = 16
	// One by one: a malformed tag must not take the others with it.
	wishes := strings.Fields(EventFrom(r.Context()).locales)
	wishes = wishes[:min(len(wishes), enough)]
	return templates.Match(append(wishes, r.Header.Get("Accept-Language"))...)
}

// SeeOther redirects to a path of this site with 303, so that a form is never sent again to the next page (RFC
// 9110, 15.4.4). A path that ReturnTo would refuse is an error and answers nothing.
func SeeOther(w http.ResponseWriter, _ *http.Request, path string) error {
	target, ok := ReturnTo(path)
	if !ok {
		return fmt.Errorf("redirect: %q is not a path of this site", path)
	}
	w.Header().Set("Location", target)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}
