// Package templates owns what people read: the pages, their words in each
// language, and the one way to render them. Every page is a struct of this
// package with exactly the data its template shows; what was typed or stored
// by people is always data and never becomes part of a message or of markup.
//
// It knows no request, route, tenant record or rule: the handlers in provider
// decide which page to show, fill its struct and send what Render writes with
// their own headers. The markup holds no inline script or style, so a policy
// of style-src 'self'; script-src 'self'; img-src 'self' data: fits every page.
//
// go-i18n carries the plural rules of all languages and keeps each catalogue a
// plain JSON file a translator can edit; x/text matches what a browser asks
// for with what we speak, where comparing strings would miss "no" and "nn".
package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"

	"golang.org/x/text/language"

	"sallyport/static"
)

// Product is the name on top of a page that belongs to no tenant.
const Product = "Sallyport"

//go:embed *.html
var files embed.FS

// pages holds each page's template by language and file name, its functions already bound to the language.
var pages = parse()

// document is what layout.html sees; the page's own template sees the page.
type document struct {
	Lang, Title, Brand string
	Wide               bool
	Page               Page
}

// Render writes the page in the language nearest to lang; an error means a message key or its data is missing, or w failed, and only in the last case has anything been written.
func Render(w io.Writer, lang language.Tag, page Page) error {
	c, v := nearest(lang), page.view()
	title, err := c.text(v.title, v.data)
	if err != nil {
		return fmt.Errorf("render title of %s: %w", v.file, err)
	}
	doc := document{Lang: c.tag.String(), Title: title, Brand: brand(page.frame().Tenant), Wide: v.wide, Page: page}
	var out bytes.Buffer // a page that fails half way must not reach the browser
	if err := pages[c.tag][v.file].ExecuteTemplate(&out, "layout", doc); err != nil {
		return fmt.Errorf("render %s: %w", v.file, err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write %s: %w", v.file, err)
	}
	return nil
}

func parse() map[language.Tag]map[string]*template.Template {
	names, err := files.ReadDir(".")
	if err != nil {
		panic("templates: list pages: " + err.Error())
	}
	all := map[language.Tag]map[string]*template.Template{}
	for _, c := range catalogues {
		layout := template.Must(template.New("").Funcs(functions(c)).ParseFS(files, "layout.html"))
		all[c.tag] = map[string]*template.Template{}
		for _, entry := range names {
			page := template.Must(layout.Clone())
			all[c.tag][entry.Name()] = template.Must(page.ParseFS(files, entry.Name()))
		}
	}
	return all
}

func functions(c *catalogue) template.FuncMap {
	return template.FuncMap{
		"t":        c.pairs,
		"tdata":    c.text,
		"known":    c.known,
		"when":     c.when,
		"day":      c.day,
		"asset":    static.URL,
		"brand":    brand,
		"plain":    plain,
		"passage":  passage,
		"sentence": c.sentence,
		"lines":    lines,
		"invalid":  invalid,
		"among":    among,
		"picture":  picture,
	}
}

func brand(tenant string) string {
	if tenant == "" {
		return Product
	}
	return plain(tenant)
}
