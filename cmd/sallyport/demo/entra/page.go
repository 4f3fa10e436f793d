package entra

import (
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"sallyport/static"
)

//go:embed *.html *.css
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"asset": static.URL, "has": slices.Contains[[]string]}).ParseFS(files, "*.html"))

// home is what an administrator copies who connects a tenant by hand.
func (p *provider) home(w http.ResponseWriter, _ *http.Request) {
	p.show(w, http.StatusOK, "home.html", struct {
		Config
		ClientID    string
		Directories []Directory
	}{p.Config, ClientID, directories})
}

func (p *provider) wrong(w http.ResponseWriter, number, text string) {
	p.show(w, http.StatusBadRequest, "wrong.html", struct{ Number, Text string }{number, text})
}

func (p *provider) show(w http.ResponseWriter, status int, name string, page any) {
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, name, page); err != nil {
		p.Log.Error("render page", slog.String("page", name), slog.Any("error", err))
		http.Error(w, "This page is broken.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(b.String())) // an error means that the browser has gone
}
