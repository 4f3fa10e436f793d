package inbox

import (
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"sallyport/static"
)

//go:embed *.html *.css
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"asset": static.URL}).ParseFS(files, "*.html"))

// A mail brings markup of its sender's: in its frame it may load nothing, run nothing and lead nowhere.
const (
	ours   = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
	theirs = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox"
)

// Handler is the pages, the newest message for programs, and the gateway for texts.
func (i *Inbox) Handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { i.show(w, "list.html", i.newest()) })
	m.HandleFunc("GET /mails/{number}", i.one(mail, i.message))
	m.HandleFunc("GET /mails/{number}/html", i.one(mail, markup))
	m.HandleFunc("GET /texts/{number}", i.one(text, i.message))
	m.HandleFunc("GET /latest", i.latest)
	m.HandleFunc("POST "+TextsPath, i.take)
	m.HandleFunc("GET /inbox.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "inbox.css") })
	m.Handle("GET "+static.Prefix, static.Handler())
	return secure(m)
}

func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", ours)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (i *Inbox) one(k kind, show func(http.ResponseWriter, message)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		number, err := strconv.Atoi(r.PathValue("number"))
		m, ok := i.first(func(m message) bool { return m.Number == number && m.Kind == k })
		if err != nil || !ok {
			http.Error(w, "There is no such "+string(k)+".", http.StatusNotFound)
			return
		}
		show(w, m)
	}
}

func (i *Inbox) message(w http.ResponseWriter, m message) {
	i.show(w, "message.html", struct {
		message
		Pieces []piece
	}{m, i.pieces(m.Text)})
}

func markup(w http.ResponseWriter, m message) {
	w.Header().Set("Content-Security-Policy", theirs)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(m.HTML)) // an error means that the browser has gone
}

func (i *Inbox) show(w http.ResponseWriter, name string, page any) {
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, name, page); err != nil {
		i.log.Error("render page", slog.String("page", name), slog.Any("error", err))
		http.Error(w, "This page is broken.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(b.String()))
}
