package admin

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// listing is embedded by every command that lists.
type listing struct {
	JSON bool `help:"Print JSON instead of a table."`
}

// list prints rows, which are also what --json encodes, so that the two never differ in content.
func list[T any](d *Desk, as listing, rows []T, header string, line func(T) []string) error {
	if as.JSON {
		return d.json(append([]T{}, rows...)) // an empty list is [], not null
	}
	w := tabwriter.NewWriter(d.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.ReplaceAll(header, " ", "\t"))
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(clean(line(row)), "\t"))
	}
	return w.Flush()
}

func (d *Desk) json(v any) error {
	e := json.NewEncoder(d.Out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// clean: names are chosen by tenants, and a terminal obeys what it is sent.
func clean(cells []string) []string {
	for n, cell := range cells {
		cells[n] = strings.Map(func(r rune) rune {
			if unicode.IsPrint(r) {
				return r
			}
			return '?'
		}, cell)
		if cells[n] == "" {
			cells[n] = "-"
		}
	}
	return cells
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func state(disabled bool) string {
	if disabled {
		return "disabled"
	}
	return "enabled"
}
