// Package static owns the style sheets, scripts and images of the pages, and
// the addresses they are served under: each address carries a hash of its
// content, so that a browser may keep it for ever and never sees an old one.
//
// It does not know pages or tenants; a tenant's own logo is not here. Package
// templates asks it for addresses, and provider mounts its Handler at Prefix.
//
// The only thing vendored is Pico.css (classless, MIT, licence beside it): it
// gives forms and tables a tested look in light and dark without a build step.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Prefix is the path every address of this package begins with.
const Prefix = "/static/"

//go:embed *.css *.js *.svg vendor/*.css
var embedded embed.FS

// The types are spelt out because mime.TypeByExtension reads the machine's own tables.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

type file struct {
	url, kind string
	body      []byte
}

var byName, byURL = load(embedded)

// URL returns the address of the asset with this name, such as "app.css"; it panics when there is none, as names are written in the program.
func URL(name string) string {
	f, ok := byName[name]
	if !ok {
		panic("static: no asset named " + strconv.Quote(name))
	}
	return f.url
}

// Handler serves every address that URL returns and answers 404 to all others, 405 to all methods but GET and HEAD.
func Handler() http.Handler { return http.HandlerFunc(serve) }

func serve(w http.ResponseWriter, r *http.Request) {
	f, ok := byURL[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	send(w, f)
}

func send(w http.ResponseWriter, f *file) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Content-Length", strconv.Itoa(len(f.body)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	w.Write(f.body) // net/http drops the body of a HEAD answer; a write error means that the browser has gone
}

func load(files fs.FS) (names, urls map[string]*file) {
	names, urls = map[string]*file{}, map[string]*file{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		f := &file{url: address(name, body), kind: kinds[path.Ext(name)], body: body}
		names[name], urls[f.url] = f, f
		return err
	})
	if err != nil {
		panic("static: read embedded files: " + err.Error())
	}
	return names, urls
}

func address(name string, body []byte) string {
	sum, ext := sha256.Sum256(body), path.Ext(name)
	return Prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:4]) + ext
}
