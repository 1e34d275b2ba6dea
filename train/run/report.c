/* report.c: see report.h. HTML that is XML too: every tag is closed, every attribute quoted, so
 * that any reader of either can check it. */
#include "report.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "text.h"

enum { CHART_POINTS = 200 };

int64_t report_parameters(const P2cStore *store, const char *network) {
    int64_t sum = 0;
    size_t length = strlen(network);
    for (int i = 0; i < p2c_store_count(store); i++) {
        const char *name = p2c_store_name(store, i), *dot = strrchr(name, '.');
        /* the vectors of spectral norm are not trained */
        bool iterated = dot && (!strcmp(dot, ".weight_u") || !strcmp(dot, ".weight_v"));
        if (!strncmp(name, network, length) && name[length] == '.' && !iterated)
            sum += (int64_t)p2c_dims_count(p2c_store_dims(store, i));
    }
    return sum;
}

void report_set(ReportSettings *s, const char *name, const char *format, ...) {
    va_list args;
    assert(s->count < REPORT_SETTINGS);
    va_start(args, format);
    vsnprintf(s->texts[s->count], REPORT_SETTING, format, args);
    va_end(args);
    s->pairs[s->count] = (ReportPair){ name, s->texts[s->count] };
    s->count++;
}

static const char page_style[] =
    ":root{color-scheme:light "
    "dark;--paper:#ffffff;--page:#f4f5f7;--ink:#1c2126;--soft:#5d6670;--rule:#e1e5ea;--accent:#"
    "0072b2;--good:#00734f;--bad:#b3261e;--wait:#6b5500}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#1b1f24;--page:#121518;--ink:#e8eaed;--soft:#"
    "a0a8b2;--rule:#333a42;--accent:#56b4e9;--good:#35c79a;--bad:#ff8a80;--wait:#f0d43c}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 "
    "system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif}\n"
    "main{max-width:1240px;margin:0 auto;padding:28px 20px 60px}\n"
    "h1{font-size:26px;line-height:1.2;margin:0;overflow-wrap:anywhere}h2{font-size:19px;margin:"
    "38px 0 12px}\n"
    "p{margin:6px 0;max-width:80ch}.soft,figcaption{color:var(--soft);font-size:13.5px}\n"
    ".head{display:flex;flex-wrap:wrap;gap:6px 14px;align-items:center}\n"
    ".state{font-weight:600;font-size:13px;padding:2px 11px;border-radius:99px;border:1.5px "
    "solid}\n"
    ".training{color:var(--accent)}.finished{color:var(--good)}.stopped{color:var(--wait)}."
    "diverged{color:var(--bad)}\n"
    ".bar{height:8px;border-radius:4px;background:var(--rule);margin:16px 0;overflow:hidden}.bar "
    "div{height:100%;background:var(--accent)}\n"
    ".tiles{display:flex;flex-wrap:wrap;gap:10px 36px;margin:0}.tiles div{min-width:96px}.tiles "
    "dt{color:var(--soft);font-size:13px}\n"
    ".tiles dd{margin:0;font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}.tiles "
    "small{font-size:13px;font-weight:400;color:var(--soft)}\n"
    ".charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,500px),1fr));gap:"
    "14px}\n"
    ".card{background:var(--paper);border:1px solid var(--rule);border-radius:10px;padding:16px "
    "18px;min-width:0}.charts p{margin:4px 0 0}\n"
    "details{margin-top:14px}summary{cursor:pointer;color:var(--accent);margin-bottom:12px}\n"
    "figure{margin:0 0 14px}figure h3{margin:0 0 "
    "8px;font-size:15px}figcaption{margin-top:8px;max-width:110ch}\n"
    ".sheet{overflow-x:auto}.grid{display:grid;grid-template-columns:auto minmax(0,1fr);gap:2px "
    "10px;min-width:600px}\n"
    ".columns{grid-column:2;display:flex;text-align:center;color:var(--soft);font-size:13px}."
    "columns span,.rows span{flex:1 1 0;min-height:0}\n"
    ".columns span{border-bottom:2px solid var(--rule);margin:0 2px}\n"
    ".rows{grid-column:1;display:flex;flex-direction:column;width:86px;color:var(--soft);font-size:"
    "12.5px;line-height:1.2}\n"
    ".rows span{display:flex;align-items:center;justify-content:flex-end;text-align:right}\n"
    ".grid img{grid-column:2;display:block;width:100%;height:auto;border-radius:4px}\n"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:"
    "5px 16px 5px 0;border-bottom:1px solid var(--rule);overflow-wrap:anywhere}\n"
    "th{font-weight:600;font-size:13px;color:var(--soft)}td.number,th.number{text-align:right;font-"
    "variant-numeric:tabular-nums;white-space:nowrap}td:first-child{white-space:nowrap}\n"
    ".pair{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,500px),1fr));gap:0 "
    "14px;align-items:start}\n"
    ".list{max-height:340px;overflow-y:auto}\n";

/* ---- headline -------------------------------------------------------------------------------- */

static void write_element(FILE *out, const char *before, const char *text, const char *after) {
    fputs(before, out);
    text_markup(out, text);
    fputs(after, out);
}

static void write_tile(FILE *out, const char *name, const char *value, const char *small) {
    write_element(out, "<div><dt>", name, "</dt>");
    write_element(out, "<dd>", value, "");
    write_element(out, " <small>", small, "</small></dd></div>\n");
}

static void write_tiles(FILE *out, const Report *r) {
    char small[64];
    fputs("<dl class=\"tiles\">\n", out);
    snprintf(small, sizeof small, "of %s", text_count(r->total).s);
    write_tile(out, "step", text_count(r->step).s, small);
    write_tile(out, "time so far", text_duration(r->seconds).s, "");
    if (r->step_ms > 0) {
        snprintf(small, sizeof small, "ms a step, %s steps/s", text_number(1000 / r->step_ms).s);
        write_tile(out, "speed", text_number(r->step_ms).s, small);
    }
    if (r->state == REPORT_TRAINING && r->seconds_left >= 0)
        write_tile(out, "left", text_duration(r->seconds_left).s, "");
    if (metrics_skipped(r->metrics))
        write_tile(out, "skipped steps", text_count(metrics_skipped(r->metrics)).s, "");
    fputs("</dl>\n", out);
}

static void write_headline(FILE *out, const Report *r) {
    static const char *const states[] = { "training", "finished", "stopped", "diverged" };
    double done = r->total > 0 ? fmin(fmax((double)r->step / (double)r->total, 0), 1) : 0;
    write_element(out, "<header class=\"card\">\n<div class=\"head\"><h1>", r->run, "</h1>");
    fprintf(out, "<span class=\"state %s\">%s</span></div>\n", states[r->state], states[r->state]);
    write_element(out, "<p class=\"soft\">dataset ", r->dataset, "");
    write_element(out, ", as of ", r->written, "</p>\n");
    if (r->state_note) write_element(out, "<p>", r->state_note, "</p>\n");
    fprintf(out, "<div class=\"bar\"><div style=\"width:%.2f%%\"></div></div>\n", 100 * done);
    write_tiles(out, r);
    fputs("</header>\n", out);
}

/* ---- pictures -------------------------------------------------------------------------------- */

static void write_base64(FILE *out, FILE *in) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t bytes[3];
    for (size_t count; (count = fread(bytes, 1, 3, in)) > 0;) {
        uint32_t bits = (uint32_t)bytes[0] << 16 | (count > 1 ? (uint32_t)bytes[1] << 8 : 0) |
                        (count > 2 ? bytes[2] : 0);
        for (size_t i = 0; i < 4; i++)
            putc(i <= count ? letters[bits >> (18 - 6 * i) & 63] : '=', out);
    }
}

/* Open at its beginning; NULL when there is no JPEG there. */
static FILE *open_jpeg(const char *path) {
    uint8_t start[3];
    FILE *in = path ? fopen(path, "rb") : NULL;
    if (!in) return NULL;
    if (fread(start, 1, 3, in) == 3 && !memcmp(start, "\xff\xd8\xff", 3) && !fseek(in, 0, SEEK_SET))
        return in;
    fclose(in);
    return NULL;
}

static void write_labels(FILE *out, const char *class, const char *const *labels) {
    fprintf(out, "<div class=\"%s\">", class);
    for (; labels && *labels; labels++) write_element(out, "<span>", *labels, "</span>");
    fputs("</div>\n", out);
}

static void write_picture(FILE *out, const ReportPicture *p, FILE *in) {
    write_element(out, "<figure class=\"card\"><h3>", p->title,
                  "</h3>\n<div class=\"sheet\"><div class=\"grid\">\n");
    write_labels(out, "columns", p->columns);
    write_labels(out, "rows", p->rows);
    write_element(out, "<img alt=\"", p->title, "\" src=\"data:image/jpeg;base64,");
    write_base64(out, in);
    fputs("\"/></div></div>\n", out);
    if (p->caption) write_element(out, "<figcaption>", p->caption, "</figcaption>\n");
    fputs("</figure>\n", out);
}

static void write_pictures(FILE *out, const Report *r) {
    bool any = false;
    for (int i = 0; i < r->picture_count; i++) {
        FILE *in = open_jpeg(r->pictures[i].path);
        if (!in) continue;
        if (!any) fputs("<h2>Newest samples</h2>\n", out);
        any = true;
        write_picture(out, &r->pictures[i], in);
        fclose(in);
    }
}

/* ---- charts ---------------------------------------------------------------------------------- */

/* Adds the series of a panel that have values. points: room for CHART_LINES * CHART_POINTS. */
static void add_lines(Chart *chart, const Metrics *m, int panel, bool evaluations,
                      ChartPoint *points) {
    const MetricsTable *table = metrics_table(m);
    const Series *series = evaluations ? table->evaluations : table->steps;
    int count = evaluations ? table->evaluation_count : table->step_count;
    for (int i = 0; i < count && chart->line_count < CHART_LINES; i++) {
        if (series[i].panel != panel) continue;
        ChartPoint *mine = points + chart->line_count * CHART_POINTS;
        int used =
            history_points(evaluations ? metrics_evaluation_history(m, i) : metrics_history(m, i),
                           CHART_POINTS, mine);
        if (used)
            chart->lines[chart->line_count++] =
                (ChartLine){ series[i].label ? series[i].label : series[i].name, mine, used,
                             evaluations && used <= 60 };
    }
}

static void write_panel(FILE *out, const Metrics *m, int index, ChartPoint *points) {
    const Panel *panel = &metrics_table(m)->panels[index];
    Chart chart = { .title = panel->title, .x_name = "step", .log = panel->log };
    add_lines(&chart, m, index, false, points);
    add_lines(&chart, m, index, true, points);
    if (!chart.line_count) return;
    fputs("<div class=\"card\">", out);
    chart_write(out, &chart);
    if (panel->note) write_element(out, "<p class=\"soft\">", panel->note, "</p>");
    fputs("</div>\n", out);
}

static void write_panels(FILE *out, const Metrics *m, bool detail, ChartPoint *points) {
    const MetricsTable *table = metrics_table(m);
    fputs("<div class=\"charts\">\n", out);
    for (int i = 0; i < table->panel_count; i++)
        if (table->panels[i].detail == detail) write_panel(out, m, i, points);
    fputs("</div>\n", out);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void write_events(FILE *out, const Metrics *m) {
    int count = metrics_event_count(m);
    fputs("<h2>Events</h2>\n<div class=\"card\">\n", out);
    if (!count)
        fputs("<p class=\"soft\">Nothing out of the ordinary so far: no skipped steps, no way "
              "back, no warnings.</p>\n",
              out);
    else
        fputs("<div class=\"list\"><table><thead><tr><th "
              "class=\"number\">step</th><th>what</th></tr></thead><tbody>\n",
              out);
    for (int i = count - 1; i >= 0; i--) { /* newest first */
        const MetricsEvent *e = metrics_event_at(m, i);
        fprintf(out, "<tr><td class=\"number\">%s", text_count(e->first).s);
        if (e->last != e->first) fprintf(out, " to %s", text_count(e->last).s);
        fputs("</td><td>", out);
        if (e->skipped) fputs("skipped: a value is not finite; nothing was updated", out);
        else text_markup(out, e->text);
        fputs("</td></tr>\n", out);
    }
    fputs(count ? "</tbody></table></div></div>\n" : "</div>\n", out);
}

static void write_reading(FILE *out, const Report *r) {
    fputs("<h2>How to read this</h2>\n<div class=\"card\">\n", out);
    for (const char *const *paragraph = r->reading; paragraph && *paragraph; paragraph++)
        write_element(out, "<p>", *paragraph, "</p>\n");
    if (r->hint_count)
        fputs("<table><thead><tr><th>curve</th><th>what it "
              "is</th><th>healthy</th></tr></thead><tbody>\n",
              out);
    for (int i = 0; i < r->hint_count; i++) {
        write_element(out, "<tr><td>", r->hints[i].name, "</td>");
        write_element(out, "<td>", r->hints[i].meaning, "</td>");
        write_element(out, "<td>", r->hints[i].healthy, "</td></tr>\n");
    }
    fputs(r->hint_count ? "</tbody></table></div>\n" : "</div>\n", out);
}

static void write_settings(FILE *out, const Report *r) {
    fputs("<div><h2>Settings</h2>\n<div class=\"card\"><table><tbody>\n", out);
    for (int i = 0; i < r->setting_count; i++) {
        write_element(out, "<tr><td>", r->settings[i].name, "</td>");
        write_element(out, "<td>", r->settings[i].value, "</td></tr>\n");
    }
    fputs("</tbody></table></div></div>\n", out);
}

static void write_networks(FILE *out, const Report *r) {
    int64_t sum = 0;
    fputs("<div><h2>Networks</h2>\n<div class=\"card\"><table><thead><tr><th>name</th><th>what it "
          "does</th><th class=\"number\">parameters</th></tr></thead><tbody>\n",
          out);
    for (int i = 0; i < r->network_count; i++) {
        sum += r->networks[i].parameters;
        write_element(out, "<tr><td>", r->networks[i].name, "</td>");
        write_element(out, "<td>", r->networks[i].role, "</td>");
        fprintf(out, "<td class=\"number\">%s</td></tr>\n",
                text_count(r->networks[i].parameters).s);
    }
    fprintf(out,
            "<tr><td>together</td><td></td><td "
            "class=\"number\">%s</td></tr>\n</tbody></table></div></div>\n",
            text_count(sum).s);
}

/* ---- the page -------------------------------------------------------------------------------- */

static bool has_details(const Metrics *m) {
    const MetricsTable *table = metrics_table(m);
    for (int i = 0; i < table->step_count; i++)
        if (table->steps[i].panel >= 0 && table->panels[table->steps[i].panel].detail &&
            metrics_history(m, i)->used)
            return true;
    return false;
}

static void write_page(FILE *out, const Report *r, ChartPoint *points) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta "
          "charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n",
          out);
    write_element(out, "<title>", r->run, "");
    fprintf(out, ", step %s</title>\n<style>\n%s%s</style></head>\n<body><main>\n",
            text_count(r->step).s, page_style, chart_style);
    write_headline(out, r);
    write_pictures(out, r);
    fputs("<h2>Curves</h2>\n", out);
    write_panels(out, r->metrics, false, points);
    if (has_details(r->metrics)) {
        fputs("<details><summary>Each direction by itself</summary>\n", out);
        write_panels(out, r->metrics, true, points);
        fputs("</details>\n", out);
    }
    write_events(out, r->metrics);
    write_reading(out, r);
    fputs("<div class=\"pair\">\n", out);
    write_settings(out, r);
    write_networks(out, r);
    fputs("</div>\n<p class=\"soft\">Written by p2cnn " P2C_VERSION
          ". This file is complete in itself; load it again for newer "
          "numbers.</p>\n</main></body></html>\n",
          out);
}

int report_write(P2cContext *ctx, const char *path, const Report *report) {
    char *page = NULL;
    size_t size = 0;
    int code = EXIT_MEMORY;
    ChartPoint *points = calloc(CHART_LINES * CHART_POINTS, sizeof *points);
    FILE *out = open_memstream(&page, &size);
    if (!points || !out) goto cleanup;
    write_page(out, report, points);
    bool whole = !ferror(out);
    whole = !fclose(out) && whole;
    out = NULL;
    if (!whole) goto cleanup;
    code = p2c_exit_code(p2c_file_write(ctx, path, page, size));
    if (code) complain("%s", p2c_error(ctx));
cleanup:
    if (code == EXIT_MEMORY) complain("%s: out of memory for the report", path);
    if (out) fclose(out);
    free(page);
    free(points);
    return code;
}
