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

// Handler is the pages: the list of mails and each of them.
func (i *Inbox) Handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { i.show(w, "list.html", i.newest()) })
	m.HandleFunc("GET /mails/{number}", i.mail(func(w http.ResponseWriter, m mail) { i.show(w, "mail.html", m) }))
	m.HandleFunc("GET /mails/{number}/html", i.mail(markup))
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

func (i *Inbox) mail(show func(http.ResponseWriter, mail)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		number, err := strconv.Atoi(r.PathValue("number"))
		m, ok := i.find(number)
		if err != nil || !ok {
			http.Error(w, "There is no such mail.", http.StatusNotFound)
			return
		}
		show(w, m)
	}
}

func markup(w http.ResponseWriter, m mail) {
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
