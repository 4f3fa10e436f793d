package templates_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"sallyport/templates"
)

// node is one start tag of a page with the text inside it, its children's included.
type node struct {
	tag   string
	attrs map[string]string
	text  string
}

func (n *node) has(class string) bool {
	return strings.Contains(" "+n.attrs["class"]+" ", " "+class+" ")
}

var void = map[string]bool{"meta": true, "link": true, "img": true, "input": true, "br": true}

// markup reads a page more strictly than a browser does: every element is closed in its order, every attribute stands once.
func markup(page string) ([]*node, error) {
	d := xml.NewDecoder(strings.NewReader(strings.Map(visible, page)))
	d.Strict = false // admits attributes without a value; nesting is checked below
	d.Entity = xml.HTMLEntity
	var all, open []*node
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			n, err := element(token)
			if err != nil {
				return nil, err
			}
			all = append(all, n)
			if !void[n.tag] {
				open = append(open, n)
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].tag != token.Name.Local {
				return nil, fmt.Errorf("</%s> closes nothing", token.Name.Local)
			}
			open = open[:len(open)-1]
		case xml.CharData:
			for _, n := range open {
				n.text += string(token)
			}
		}
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("<%s> is not closed", open[len(open)-1].tag)
	}
	return all, nil
}

// visible turns control characters, which HTML admits in a value and XML does not, into their pictures such as ␛.
func visible(r rune) rune {
	if r < ' ' && r != '\n' && r != '\t' && r != '\r' {
		return '\u2400' + r
	}
	return r
}

func element(token xml.StartElement) (*node, error) {
	n := &node{tag: token.Name.Local, attrs: map[string]string{}}
	for _, a := range token.Attr {
		if _, twice := n.attrs[a.Name.Local]; twice {
			return nil, fmt.Errorf("<%s> has %s twice", n.tag, a.Name.Local)
		}
		n.attrs[a.Name.Local] = a.Value
	}
	return n, nil
}

func render(t *testing.T, lang language.Tag, page templates.Page) string {
	t.Helper()
	var out strings.Builder
	if err := templates.Render(&out, lang, page); err != nil {
		t.Fatalf("render %T: %v", page, err)
	}
	return out.String()
}

func nodes(t *testing.T, page string) []*node {
	t.Helper()
	all, err := markup(page)
	if err != nil {
		t.Fatalf("%v in\n%.2000s", err, page)
	}
	return all
}

func pick(all []*node, want func(*node) bool) []*node {
	var some []*node
	for _, n := range all {
		if want(n) {
			some = append(some, n)
		}
	}
	return some
}

func tagged(tag string) func(*node) bool { return func(n *node) bool { return n.tag == tag } }

func TestMarkupReaderRefusesBrokenPages(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"<p>", "<p><b></p></b>", "</p>", `<p id="a" id="b"></p>`, `<p a="></p>`} {
		if _, err := markup(page); err == nil {
			t.Errorf("%s was read", page)
		}
	}
}
